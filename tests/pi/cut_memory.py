"""The memory under power cuts: what was counted a minute before is on the card, and the file is never torn."""

from __future__ import annotations

import sqlite3
import time
from pathlib import Path
from typing import List, Tuple

from board import Board
from card import Card, State
from failure import PiError
from guest import PHOTOS

# A batch is written a minute after the one before; an emulated card takes its time.
_MINUTE = 60.0
_SLACK = 20.0
_PHOTOS = "cutphotos"
_CONFIG = f"""
[camera]
source = "replay"
path = "/boot/firmware/{_PHOTOS}"
repeat = true
width = 320
height = 240
fps = 1
frames-per-photo = 5
[model]
bundle = "/usr/share/sortd/models/waste-small"
threads = 1
[trigger]
learn-ms = 300
[decision]
hold-ms = 300
rearm-ms = 500
unsure-after-ms = 2000
unsure-bin = "all"
[gpio]
backend = "simulated"
[[bins]]
name = "all"
accepts = ["cardboard", "glass", "metal", "paper", "plastic", "trash"]
led = {{ pin = 17 }}
"""
_STATE = "cut"
# The daemon is started by hand, since nothing else of the system runs in these starts, and asked again and again, which is heard over the
# serial line, in short lines, since others write there too. One thread, a small model and a picture a second leave the emulated processors
# to the writers.
_START = f"""
mkdir -p /run/cut /var/lib/sortd/{_STATE};
(sortd run --config /boot/firmware/cut.toml --sockets /run/cut --state /var/lib/sortd/{_STATE} >/run/cut/log 2>&1 &) >/dev/null 2>&1;
(while sleep 2; do
    sortd stats --json --sockets /run/cut 2>/dev/null | sed 's/.*"ever":{{"items":\\([0-9]*\\).*/counted \\1/';
done) >/dev/ttyS1 2>&1 &
"""


class Counted:
    """What the daemon said that it has counted over its whole life, and when."""

    def __init__(self) -> None:
        self._heard: List[Tuple[float, int]] = []
        self._place = 0
        self.sure = 0

    def lay_out(self, card: Card, folder: Path) -> None:
        """Puts a replay onto the card."""
        card.put("cut.toml", _CONFIG.encode())
        place = folder / _PHOTOS
        place.mkdir()
        for file in sorted(PHOTOS.glob("*/*.jpg"))[:3]:
            (place / file.name).write_bytes(file.read_bytes())
        card.put_folder(place)

    def start(self, board: Board) -> None:
        """Starts the daemon, and listens to what it counts until the power goes."""
        self._heard = []
        self._place = board.shell.position()
        board.ask(" ".join(_START.split()))

    def listen(self, board: Board, seconds: float) -> None:
        """Listens for so long."""
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            time.sleep(0.25)
            lines = board.shell.lines(self._place)
            self._place += len(lines)
            for line in lines:
                word, _, items = line.partition(" ")
                if word == "counted" and items.isdigit() and int(items) > self._newest():
                    self._heard.append((time.monotonic(), int(items)))

    def _newest(self) -> int:
        return self._heard[-1][1] if self._heard else 0

    def check(self, state: State, folder: Path, cut: float) -> str:
        """What was counted long enough before the cut is in the file, which is whole; how much of it was."""
        file = folder / "state.db"
        for name in ("state.db", "state.db-wal"):
            state.dump(f"/{_STATE}/{name}", folder / name)
        (folder / "state.db-shm").unlink(missing_ok=True)
        if "state.db.corrupt" in state.list(f"/{_STATE}"):
            raise PiError("the memory was torn by an earlier cut, and set aside")
        self.sure = max([self.sure, *(items for at, items in self._heard if at < cut - _MINUTE - _SLACK)])
        if not file.exists():
            if self.sure:
                raise PiError(f"{self.sure} items were counted a minute before the cut, and there is no memory")
            return "no batch yet"
        with sqlite3.connect(file) as memory:
            whole = memory.execute("PRAGMA integrity_check").fetchone()[0]
            came = memory.execute("SELECT sum(count) FROM totals WHERE outcome = 'came'").fetchone()[0] or 0
        if whole != "ok":
            raise PiError(f"the memory is torn: {whole}")
        if came < self.sure:
            raise PiError(f"{self.sure} items were counted a minute before the cut, and {came} are in the memory")
        # What is on the card now must be there after each cut to come.
        self.sure = came
        return f"{came} of {self._newest()} items in the memory"
