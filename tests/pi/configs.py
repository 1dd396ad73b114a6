"""The configurations that the tests put in place, all made from guest/sortd.toml."""

from __future__ import annotations

from pathlib import Path
from typing import Dict

_MAIN = (Path(__file__).resolve().parent / "guest" / "sortd.toml").read_text()

LOOPBACK = "/dev/video10"
VIVID = "/dev/video20"
# The pin to which `moved` moves the light of glass, from 22.
MOVED = 25


def _changed(changes: Dict[str, str]) -> str:
    text = _MAIN
    for old, new in changes.items():
        if old not in text:
            raise ValueError(f"guest/sortd.toml has no `{old}` any more; adapt configs.py")
        text = text.replace(old, new)
    return text


CONFIGS: Dict[str, str] = {
    "main": _MAIN,
    # vivid has sizes of its own. What its drawn pictures are taken for is of no interest: whatever it is
    # belongs into paper.
    "vivid": _changed(
        {
            LOOPBACK: VIVID,
            "width = 512": "width = 640",
            "height = 384": "height = 360",
            'accepts = ["paper", "cardboard"]': 'accepts = ["paper", "cardboard", "plastic", "metal", "glass", "trash"]',
            'accepts = ["plastic", "metal"]\n': "",
            'accepts = ["glass"]\n': "",
            'accepts = ["trash"]\n': "",
        }
    ),
    "mistakes": _changed({"max-on-ms": "max_on_ms", "pin = 27": "pin = 22"}),
    "cut-off": _MAIN[: _MAIN.index("[[bins]]") + 40],
    "moved": _changed({"led = { pin = 22 }": f"led = {{ pin = {MOVED} }}"}),
}


def line_of(name: str, word: str) -> int:
    """The number of the first line of a configuration that has this word."""
    text = CONFIGS[name]
    return text[: text.index(word)].count("\n") + 1
