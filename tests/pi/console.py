"""A serial line of the guest, as lines.

Nobody here sleeps: a thread reads, and whoever waits for a line is woken by it.
"""

from __future__ import annotations

import re
import socket
import threading
import time
from typing import Callable, List, Optional, TypeVar

from failure import PiError

Found = TypeVar("Found")

# What the kernel says when it has given up; waiting on would only waste the time.
_FATAL = re.compile(r"Kernel panic|Attempted to kill init|Internal error: ")
# Serial lines carry what was meant for a terminal, too.
_CONTROL = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]|[\x00-\x08\x0b-\x1f\x7f]")


class Console:
    """Reads a serial line for as long as the guest lives."""

    def __init__(self, name: str, connection: socket.socket) -> None:
        self.name = name
        self._connection = connection
        self._lines: List[str] = []
        self._changed = threading.Condition()
        self._ended = False
        threading.Thread(target=self._read, name=f"console {name}", daemon=True).start()

    def position(self) -> int:
        """A place behind all lines so far, to wait from."""
        with self._changed:
            return len(self._lines)

    def lines(self, since: int = 0) -> List[str]:
        """The lines from a place on."""
        with self._changed:
            return self._lines[since:]

    def send(self, text: str) -> None:
        """Writes to the guest."""
        try:
            self._connection.sendall(text.encode())
        except OSError as error:
            raise PiError(f"the guest takes nothing on {self.name}: {error}; see its last lines above") from error

    def wait_for(
        self, what: str, match: Callable[[str], Optional[Found]], timeout: float, since: int = 0
    ) -> Found:
        """The first answer of `match` that is not None, for a line from `since` on."""
        deadline = time.monotonic() + timeout
        place = since
        with self._changed:
            while True:
                while place < len(self._lines):
                    line = self._lines[place]
                    found = match(line)
                    if found is not None:
                        return found
                    if _FATAL.search(line):
                        raise PiError(f"the guest's kernel gave up while {what} was awaited: {line}")
                    place += 1
                left = deadline - time.monotonic()
                if self._ended or left <= 0:
                    why = "the guest ended" if self._ended else f"{timeout:.0f} s passed"
                    raise PiError(f"{why}, and {what} did not come on {self.name}{self._tail(since)}")
                self._changed.wait(left)

    def _tail(self, since: int) -> str:
        shown = self._lines[since:][-12:]
        return "; its last lines:" + "".join(f"\n    | {text}" for text in shown) if shown else "; it said nothing"

    def _read(self) -> None:
        rest = b""
        while True:
            try:
                data = self._connection.recv(65536)
            except OSError:
                data = b""
            if not data:
                break
            *whole, rest = (rest + data).split(b"\n")
            with self._changed:
                self._lines += [_CONTROL.sub("", raw.decode(errors="replace")) for raw in whole]
                self._changed.notify_all()
        with self._changed:
            self._ended = True
            self._changed.notify_all()
