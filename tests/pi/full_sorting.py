"""Cases of an item: photographs in front of the card's bin, which runs with a model of the boot partition."""

from __future__ import annotations

import json
import shutil
import time
from pathlib import Path
from typing import List

from bin import LEARNING, LIGHTS, PHOTOS
from board import PATIENCE, Board
from card import Card
from configs import CONFIGS, LOOPBACK
from empty_view import empty_view
from failure import PiError
from full_system import main_process
from guest import EMPTY, FPS, HEIGHT, WIDTH
from guest import PHOTOS as PHOTOGRAPHS
from report import Report, expect, expect_text

_SHIPPED_MODEL = Path(__file__).resolve().parents[2] / "models" / "waste"
_MODEL = "models/workshop"
_MODULE = "v4l2loopback.ko"
# Where the test's camera lies on the boot partition: its driver, its programs and its photographs.
_CAMERA = "camera"
# So many batches are measured.
_BATCHES = 3
# 75 MB a day at 500 items; 50 are aimed at.
_MOST_BYTES = 150_000
# A photograph is put in so often, and its light waited for so long: the host's seconds.
_TRIES = 3
_LIGHT = 90.0
# The registers are read so often, in the host's seconds: the guest stands still for each look.
_EVERY = 0.5
# The guest's seconds from a blind moment to an item that is not known to be new.
_SHORTLY = 10.0


def lay_out(card: Card, prepared: Path, folder: Path) -> None:
    """Puts a configuration and a model onto the boot partition, and the test's camera."""
    card.put("sortd.toml", (CONFIGS["main"] + f'\n[model]\nbundle = "{_MODEL}"\n').encode())
    models = folder / "models"
    shutil.copytree(_SHIPPED_MODEL, models / Path(_MODEL).name)
    card.put_folder(models)
    camera = folder / _CAMERA
    camera.mkdir()
    (camera / EMPTY).write_bytes(empty_view(WIDTH, HEIGHT))
    shutil.copy(next(prepared.glob(f"modules/*-{_MODULE}")), camera / _MODULE)
    for file in (prepared / "bin" / "feed", prepared / "bin" / "relay", *PHOTOGRAPHS.glob("*/*.jpg")):
        shutil.copy(file, camera)
    card.put_folder(camera)


def model_taken(board: Board) -> None:
    """The model that lay on the boot partition is in force."""
    board.wait_shell()
    board.wait_until("sortd ready", "systemctl is-active sortd")
    sheet = board.ask("cat /boot/firmware/sortd-report.txt")
    expect_text("sortd-report.txt", sheet, _MODEL)
    if "REFUSED" in sheet:
        raise PiError(f"sortd-report.txt refuses what is right: {sheet}")
    board.ask(f"cmp /boot/firmware/{_MODEL}/model.onnx $(dirname $(readlink -f /etc/sortd/sortd.toml))/{_MODEL}/model.onnx")


class Camera:
    """A camera on the board, in front of an empty bin, and the daemon started anew to see it."""

    _SAID = "/tmp/said"

    def __init__(self, board: Board) -> None:
        self._board = board
        board.ask("systemctl stop sortd")
        on_card = f"/boot/firmware/{_CAMERA}"
        board.ask(f"modprobe videodev && insmod {on_card}/{_MODULE} video_nr=10 exclusive_caps=1")
        # No program can be run from the boot partition.
        board.ask(f"install -m 755 {on_card}/feed {on_card}/relay /tmp && mkfifo /tmp/orders")
        feed = f"/tmp/feed {LOOPBACK} {WIDTH} {HEIGHT} {FPS} {on_card} <>/tmp/orders 2>&1"
        board.ask(f"({feed} | /tmp/relay feed >{self._SAID}) >/dev/null 2>&1 &")
        self.show(EMPTY)
        board.ask("systemctl start sortd")
        wait_event(board, "camera-opened", 0.0)
        self.show(EMPTY, LEARNING)

    def show(self, photo: str, frames: int = 1) -> float:
        """Puts a photograph in front of the camera; returns when it was fed so many times, in the guest's time."""
        before = int(self._board.ask(f"cat {self._SAID} | wc -l"))
        self._board.ask(f"echo {photo} {frames} >/tmp/orders")
        said = self._board.wait_until(f"the picture {photo}", f"tail -n +{before + 1} {self._SAID} | grep 'showing {photo}'")
        return float(said.split()[1])


def sorts(board: Board, camera: Camera, report: Report, bin_name: str) -> None:
    """A photograph lights its bin and no other, by the level register; without it the light goes off."""
    shown = put_in(board, camera, bin_name)
    on = wait_event(board, "signal-on", shown, SORTD_BIN=bin_name)
    report.note(f"light after {on - shown:.1f} s of the guest")
    take_out(board, camera)
    wait_event(board, "signal-off", on, SORTD_BIN=bin_name)


def put_in(board: Board, camera: Camera, bin_name: str) -> float:
    """Shows a photograph until its bin's light is on, and no other; returns when it was first shown, in the guest's time.

    An emulated board may stand still for longer than a picture is fresh. What lies there then is not known to be new to the
    daemon, which waits until it is taken away; so it is, and put in again.
    """
    for _ in range(_TRIES):
        shown = camera.show(PHOTOS[bin_name])
        if seen := _lit_within(board, _LIGHT):
            expect("lights that are on, by the level register", seen, [bin_name])
            return shown
        if not _is_blind(board, shown):
            break
        camera.show(EMPTY, LEARNING)
    raise PiError(f"no light went on for {bin_name}; the daemon says: {_latest(board)}")


def take_out(board: Board, camera: Camera) -> None:
    """Takes the photograph away until the light is off and the next item may come."""
    camera.show(EMPTY)
    deadline = time.monotonic() + PATIENCE
    while seen := lit(board):
        if time.monotonic() > deadline:
            raise PiError(f"{seen} stays lit; the daemon says: {_latest(board)}")
        time.sleep(_EVERY)
    # That the next item may come is no record at the level that is kept; it takes less than a second.
    camera.show(EMPTY, LEARNING)
    expect("lights that are on", lit(board), [])


def _lit_within(board: Board, seconds: float) -> List[str]:
    """The bins whose light is on as soon as one is; none after so many seconds. The guest computes nothing for that."""
    deadline = time.monotonic() + seconds
    while not (seen := lit(board)) and time.monotonic() < deadline:
        time.sleep(_EVERY)
    return seen


def _is_blind(board: Board, since: float) -> bool:
    """Whether the daemon had no fresh picture shortly before or after this time of the guest."""
    found = board.try_ask("journalctl -u sortd -o json -n 1 SORTD_EVENT=blind | grep ^{")
    return found[0] == 0 and _time_of(found[1]) > since - _SHORTLY


def lit(board: Board) -> List[str]:
    """The bins whose light is on, by the level register."""
    return [name for name, pin in LIGHTS.items() if board.is_high(pin)]


def memory(board: Board, report: Report) -> None:
    """The daemon keeps well below the limit that its unit sets."""
    group = "/sys/fs/cgroup" + board.ask("systemctl show -P ControlGroup sortd")
    status = dict(line.split(":", 1) for line in board.ask(f"cat /proc/{main_process(board)}/status").splitlines())
    most, limit = (int(board.ask(f"cat {group}/memory.{name}")) for name in ("peak", "max"))
    report.note(f"resident {int(status['VmRSS'].split()[0]) / 1024:.1f} MiB, at most {int(status['VmHWM'].split()[0]) / 1024:.1f}")
    report.note(f"its group at most {most / 2**20:.1f} of {limit / 2**20:.0f} MiB")
    if most > limit * 3 / 4:
        raise PiError(f"the daemon took {most >> 20} of the {limit >> 20} MiB that its unit allows; see MemoryMax=")


def written(board: Board, camera: Camera, report: Report) -> None:
    """What an item costs the card, with the batch that its minute brings; and a day of 500 such items."""
    # What the file system has yet to write belongs to the item before.
    stat = "sync && cat /sys/class/block/mmcblk0p3/stat"
    costs: List[int] = []
    for _ in range(_BATCHES):
        before = int(board.ask(stat).split()[6])
        put_in(board, camera, "glass")
        take_out(board, camera)
        # A batch is written a minute after the one before.
        board.ask("sleep 70")
        costs.append(int(board.ask(stat).split()[6]) - before)
    each = sorted(costs)[len(costs) // 2] * 512
    report.note(f"{each / 1000:.0f} kB an item alone in its minute, so {each * 500 / 1e6:.0f} MB for 500 a day")
    if not 0 < each <= _MOST_BYTES:
        raise PiError(f"an item is to cost something, and {_MOST_BYTES / 1000:.0f} kB at most: " + board.ask("sortd status"))


def wait_event(board: Board, name: str, since: float, **fields: str) -> float:
    """Waits for the journal's record of an event after `since`; returns when it was, in the guest's time."""
    match = " ".join([f"SORTD_EVENT={name}", *(f"{key}={value}" for key, value in fields.items())])
    deadline = time.monotonic() + PATIENCE
    while True:
        record = board.wait_until(f"the record {match}", f"journalctl -u sortd -o json -n 1 {match} | grep ^{{")
        at = _time_of(record)
        if at > since:
            return at
        if time.monotonic() > deadline:
            raise PiError(f"{PATIENCE:.0f} s passed without the record {match}; the daemon says: {_latest(board)}")


def _time_of(record: str) -> float:
    """When the last of these records of the journal was made, in the guest's time."""
    return int(json.loads(record.splitlines()[-1])["__MONOTONIC_TIMESTAMP"]) / 1e6


def _latest(board: Board) -> str:
    return board.ask("journalctl -u sortd -n 20 --no-pager")
