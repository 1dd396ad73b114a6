"""Draws the empty drop zone as a camera would deliver it: a JPEG of a light board with dark joints.

It is the board that `sortd demo` draws (src/capture/replay/photos.rs), in squares of eight pixels. A JPEG
stores such squares as one number each, so that the few lines here are the whole encoder (ITU-T T.81,
annexes B, C and F; the table of Huffman codes is its K.3).
"""

from __future__ import annotations

import struct
from typing import List, Tuple

_CENTRE, _FALL, _JOINT, _TILES = 214.0, 14.0, 60.0, 8
# Lengths of the codes for how many bits a difference has: 0, 1, 2, ... 11 bits.
_CODE_LENGTHS = (0, 1, 5, 1, 1, 1, 1, 1, 1, 0, 0, 0, 0, 0, 0, 0)
# All steps are one grey level: a square's number is eight times its distance from the middle grey.
_STEP = 8


def empty_view(width: int, height: int) -> bytes:
    """A JPEG of the board; both sides must be whole squares."""
    columns, rows = width // 8, height // 8
    luma = [_level(column, row, columns, rows) for row in range(rows) for column in range(columns)]
    return _jpeg(width, height, luma)


def _level(column: int, row: int, columns: int, rows: int) -> int:
    from_middle = [(place + 0.5) / length * 2 - 1 for place, length in ((column, columns), (row, rows))]
    fall = _FALL * sum(part * part for part in from_middle) / 2
    in_joint = any(_is_joint(place, length) for place, length in ((column, columns), (row, rows)))
    return round(_CENTRE - fall - (_JOINT if in_joint else 0.0))


def _is_joint(place: int, length: int) -> bool:
    return (place * _TILES + length // 2) % length < _TILES


def _jpeg(width: int, height: int, luma: List[int]) -> bytes:
    components = b"".join(bytes((number, 0x11, 0)) for number in (1, 2, 3))
    frame = struct.pack(">BHHB", 8, height, width, 3) + components
    quantisation = bytes((0, *[_STEP] * 64))
    differences = bytes((0x00, *_CODE_LENGTHS, *range(12)))
    # Only one code is needed for the other numbers of a square: that there are none.
    others = bytes((0x10, 1, *[0] * 15, 0))
    scan = bytes((3, 1, 0, 2, 0, 3, 0, 0, 63, 0))
    marked = ((0xDB, quantisation), (0xC0, frame), (0xC4, differences), (0xC4, others), (0xDA, scan))
    head = b"".join(struct.pack(">BBH", 0xFF, marker, len(body) + 2) + body for marker, body in marked)
    return b"\xff\xd8" + head + _squares(luma) + b"\xff\xd9"


def _squares(luma: List[int]) -> bytes:
    bits: List[str] = []
    codes = _codes()
    before = 0
    for level in luma:
        value = level - 128
        difference, before = value - before, value
        size = abs(difference).bit_length()
        shown = difference if difference >= 0 else difference + (1 << size) - 1
        luma_bits = codes[size] + (format(shown, f"0{size}b") if size else "")
        # Behind each number: `0`, no others. The two colours never differ from grey.
        bits.append(luma_bits + "0" + 2 * (codes[0] + "0"))
    text = "".join(bits)
    text += "1" * (-len(text) % 8)
    data = bytes(int(text[at : at + 8], 2) for at in range(0, len(text), 8))
    # A byte of ones would look like a marker.
    return data.replace(b"\xff", b"\xff\x00")


def _codes() -> Tuple[str, ...]:
    """The codes by their lengths, each one more than the one before."""
    codes: List[str] = []
    code = 0
    for length, count in enumerate(_CODE_LENGTHS, start=1):
        for _ in range(count):
            codes.append(format(code, f"0{length}b"))
            code += 1
        code <<= 1
    return tuple(codes)
