"""The booted guest: what the tests ask of it, and what they hear from it."""

from __future__ import annotations

import itertools
import json
import os
import re
import tempfile
import time
from pathlib import Path
from typing import Any, Callable, Dict, List, NamedTuple, Optional

from configs import CONFIGS, LOOPBACK
from emulator import Emulator
from empty_view import empty_view
from failure import PiError
from initramfs import Initramfs
from unit import Unit

HERE = Path(__file__).resolve().parent
PHOTOS = HERE.parent / "photos"
EMPTY = "empty.jpg"
CONFIG = "/etc/sortd/sortd.toml"
# Few pictures, so that an emulated Pi is idle between them: see bin.py about pulses.
WIDTH, HEIGHT, FPS = 512, 384, 2

# The host's seconds. On a busy machine an emulated Pi may take a minute for what takes it a second on a
# machine of its own; only a test that fails waits for as long.
BOOT = 600.0
PATIENCE = 300.0

_APPEND = "console=ttyAMA0,115200 rdinit=/init panic=1 quiet loglevel=3"


def write_initramfs(file: Path, prepared: Path, sortd: Path) -> None:
    """The guest's file system: what was prepared, the daemon, and this folder's own files."""
    if not sortd.is_file():
        raise PiError(f"there is no daemon at {sortd}; build it with `make cross TARGET=aarch64`, or name it in SORTD")
    archive = Initramfs(file)
    archive.add_folder("bin", prepared / "bin")
    archive.add_folder("lib", prepared / "lib")
    archive.add_folder("modules", prepared / "modules")
    archive.add_file("usr/bin/sortd", sortd)
    archive.add_file("init", HERE / "guest" / "init")
    archive.add_file("bin/supervise", HERE / "guest" / "supervise")
    archive.add("etc/unit", Unit().for_supervise().encode())
    archive.add(CONFIG.lstrip("/"), CONFIGS["main"].encode())
    for name, text in CONFIGS.items():
        archive.add(f"configs/{name}", text.encode())
    archive.add(f"photos/{EMPTY}", empty_view(WIDTH, HEIGHT))
    for photo in sorted(PHOTOS.glob("*/*.jpg")):
        archive.add_file(f"photos/{photo.name}", photo)
    archive.close()


class Said(NamedTuple):
    """A line of one of the guest's programs."""

    at: float
    """The guest's time, in seconds since it was booted."""
    text: str


class Guest:
    """A Pi that has booted into guest/init."""

    def __init__(self, prepared: Path, sortd: Path) -> None:
        self._numbers = itertools.count(1)
        with tempfile.TemporaryDirectory(prefix="sortd-pi-") as folder:
            initrd = Path(folder) / "initrd"
            write_initramfs(initrd, prepared, sortd)
            began = time.monotonic()
            self.pi = Emulator(prepared / "vmlinuz", prepared / "pi3.dtb", _APPEND, initrd)
            try:
                self.pi.console.wait_for("the end of booting", _is("init: ready"), BOOT)
                self.boot_seconds = time.monotonic() - began
                self.pi.trace_pins()
            except PiError:
                self.pi.stop()
                raise

    def ask(self, command: str, timeout: float = PATIENCE) -> str:
        """Runs a shell command in the guest and returns what it printed; one that fails is an error."""
        number = next(self._numbers)
        questions = self.pi.questions
        since = questions.position()
        questions.send(f"{number} {command}\n")
        status = questions.wait_for(f"the answer to `{command}`", _after(f"{number} done "), timeout, since)
        said = "\n".join(questions.lines(since))
        said = said.partition(f"{number} begin")[2].rpartition(f"{number} done ")[0].strip()
        if status != "0":
            raise PiError(f"`{command}` failed in the guest with status {status}: {said}")
        return said

    def said(self) -> List[str]:
        """Everything on the console so far, for people."""
        return self.pi.console.lines()

    # What it says.

    def now(self) -> int:
        """A place behind everything that the guest has said so far."""
        return self.pi.console.position()

    def wait_event(self, name: str, since: int, timeout: float = PATIENCE, **fields: Any) -> Dict[str, Any]:
        """The daemon's next event of this name, with these fields; its `at` is the guest's time."""

        def match(line: str) -> Optional[Dict[str, Any]]:
            event = _event(line)
            if event is None or event["event"] != name:
                return None
            return event if all(event.get(key) == value for key, value in fields.items()) else None

        wanted = " ".join([name, *(f"{key}={value}" for key, value in fields.items())])
        return self.pi.console.wait_for(f"the event {wanted}", match, timeout, since)

    def events(self, since: int = 0) -> List[Dict[str, Any]]:
        """The daemon's events from a place on."""
        return [event for event in map(_event, self.pi.console.lines(since)) if event]

    def wait_log(self, words: str, since: int, timeout: float = PATIENCE) -> str:
        """The daemon's next record that contains these words."""
        return self._wait_said("log", words, since, timeout).text

    def wait_unit(self, word: str, since: int, timeout: float = PATIENCE) -> Said:
        """What the unit says next that begins so: started PID, exited STATUS, parked STATUS, inactive."""
        said = self._wait_said("unit", word, since, timeout)
        return Said(said.at, said.text[len(word) :].strip())

    def time(self) -> float:
        """The guest's time, in seconds since it was booted."""
        return float(self.ask("cat /proc/uptime").split()[0])

    def _wait_said(self, who: str, words: str, since: int, timeout: float = PATIENCE) -> Said:
        def match(line: str) -> Optional[Said]:
            said = _said(who, line)
            return said if said and words in said.text else None

        return self.pi.console.wait_for(f"`{words}` of {who}", match, timeout, since)

    # The camera.

    def start_feeder(self) -> None:
        """Plugs the camera in; it shows nothing yet."""
        since = self.now()
        pipes = "mkfifo /run/orders /run/feed; exec 7<>/run/orders 8<>/run/feed"
        self.ask(f"test -p /run/feed || {{ {pipes}; relay feed </run/feed >/dev/console & }}")
        self.ask(f"feed {LOOPBACK} {WIDTH} {HEIGHT} {FPS} /photos <&7 >&8 2>&1 & echo $! >/run/feed.pid")
        self._wait_said("feed", "ready", since)

    def signal_feeder(self, signal: str) -> None:
        """Sends the feeder a signal: KILL unplugs the camera, STOP makes it silent."""
        self.ask(f"kill -{signal} $(cat /run/feed.pid)")

    def show(self, photo: str, frames: int = 1) -> float:
        """Puts a photograph in front of the camera, or EMPTY; returns when it was fed so many times, in the guest's time."""
        since = self.now()
        self.ask(f"echo {photo} {frames} >&7")
        return self._wait_said("feed", f"showing {photo}", since).at

    # The daemon.

    def start_unit(self) -> int:
        """Starts the daemon as its unit would; returns its process."""
        since = self.now()
        self.ask("supervise >/dev/console 2>&1 &")
        return int(self.wait_unit("started", since).text)

    def restart_unit(self) -> int:
        """Lets the unit's RestartSec be over; returns the new process."""
        since = self.now()
        self.ask("echo >/run/restart")
        return int(self.wait_unit("started", since).text)

    def signal_daemon(self, signal: str) -> None:
        """Sends the daemon a signal."""
        self.ask(f"kill -{signal} $(cat /run/sortd.pid)")

    def daemon(self) -> int:
        """The daemon's process."""
        return int(self.ask("cat /run/sortd.pid"))

    def put_config(self, name: str) -> None:
        """Puts one of CONFIGS in place; the daemon does not know of it yet."""
        self.ask(f"cp /configs/{name} {CONFIG}")


def _is(text: str) -> Callable[[str], Optional[bool]]:
    return lambda line: True if line == text else None


def _after(start: str) -> Callable[[str], Optional[str]]:
    return lambda line: line[len(start) :] if line.startswith(start) else None


def _said(who: str, line: str) -> Optional[Said]:
    """A line that guest/relay.c has marked as this program's."""
    marked = re.match(r"(\w+) (\d+\.\d{6}) (.*)", line)
    return Said(float(marked[2]), marked[3]) if marked and marked[1] == who else None


def _event(line: str) -> Optional[Dict[str, Any]]:
    said = _said("event", line)
    if said is None:
        return None
    event: Dict[str, Any] = json.loads(said.text)
    event["at"] = said.at
    return event


def default_sortd() -> Path:
    """The daemon that was cross-built, or the one that SORTD names."""
    target = os.environ.get("CARGO_TARGET_DIR", str(HERE.parents[1] / "target"))
    return Path(os.environ.get("SORTD") or f"{target}/aarch64-unknown-linux-gnu/dist/sortd")
