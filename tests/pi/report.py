"""What the tests print: a line a case with its time, and `N passed, N failed` as the last one."""

from __future__ import annotations

import sys
import time
from contextlib import contextmanager
from typing import Any, Callable, Iterator, List

from failure import PiError


class Report:
    """Counts the cases of one run."""

    def __init__(self, name: str) -> None:
        self._name = name
        self._began = time.monotonic()
        self._passed = 0
        self._failed = 0
        self._notes: List[str] = []

    @property
    def failed(self) -> int:
        """How many cases have failed so far."""
        return self._failed

    @contextmanager
    def case(self, title: str, guest_lines: Callable[[], List[str]] = list) -> Iterator[None]:
        """One case. One that fails is told and counted, with what the guest said last."""
        began = time.monotonic()
        self._notes = []
        try:
            yield
        except PiError as error:
            self._failed += 1
            self._tell("FAILED", title, began)
            print(f"          {error}", *(f"    | {line}" for line in guest_lines()[-20:]), sep="\n", flush=True)
        else:
            self._passed += 1
            self._tell("ok", title, began)

    def note(self, text: str) -> None:
        """A measured time, shown behind the case."""
        self._notes.append(text)

    def end(self) -> int:
        """Prints the sum; the answer is the exit status."""
        print(f"{self._name}: {time.monotonic() - self._began:.1f} s", flush=True)
        print(f"{self._passed} passed, {self._failed} failed", flush=True)
        return 1 if self._failed or not self._passed else 0

    def _tell(self, word: str, title: str, began: float) -> None:
        notes = f"  ({', '.join(self._notes)})" if self._notes else ""
        print(f"  {word:<7} {time.monotonic() - began:5.1f} s  {title}{notes}", flush=True)


def expect(what: str, seen: Any, wanted: Any) -> None:
    """Fails unless both are equal."""
    if seen != wanted:
        raise PiError(f"{what}: {_shown(seen)}, expected {_shown(wanted)}")


def expect_within(what: str, seen: float, least: float, most: float) -> None:
    """Fails unless a time in seconds lies within its limits."""
    if not least <= seen <= most:
        raise PiError(f"{what}: {seen * 1000:.1f} ms, expected {least * 1000:.1f} to {most * 1000:.1f} ms")


def expect_text(what: str, text: str, *words: str) -> None:
    """Fails unless a text names all of these."""
    for word in words:
        if word not in text:
            raise PiError(f"{what} does not name `{word}`: {text}")


def stop_with(error: PiError) -> int:
    """For what fails before there is a case."""
    print(f"pi-test: {error}", file=sys.stderr, flush=True)
    print("0 passed, 1 failed", flush=True)
    return 1


def _shown(value: Any) -> str:
    return "[" + ", ".join(map(str, value)) + "]" if isinstance(value, list) else str(value)
