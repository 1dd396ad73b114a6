"""What the guest does to the pins, seen from outside: QEMU's trace of register writes, as events.

The registers are those of the BCM2835 (its peripherals' manual, chapter 6): six words that select the
functions of ten pins each, and pairs of words that set, clear and tell the levels of all pins. Only
pins 0 to 31 are followed; no header of a Pi has more.
"""

from __future__ import annotations

import re
import threading
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Callable, Dict, List, Tuple

from failure import PiError

SET = "set"
CLEAR = "clear"
FUNCTION = "function"
INPUT, OUTPUT = 0, 1

FUNCTION_SELECT, SET_WORD, CLEAR_WORD, LEVEL_WORD = 0x00, 0x1C, 0x28, 0x34

TRACE_EVENT = "memory_region_ops_write"
_WRITE = re.compile(
    r"^(?:\d+@)?(\d+\.\d+):memory_region_ops_write .* addr 0x([0-9a-f]+) value 0x([0-9a-f]+) .*name 'bcm2835_gpio'"
)


@dataclass(frozen=True)
class PinEvent:
    """One pin was written to."""

    at: float
    """The host's seconds since 1970."""
    kind: str
    """`set`, `clear` or `function`."""
    pin: int
    value: int = 0
    """For `function`: 0 for an input, 1 for an output, more for the pin's other uses."""

    def __str__(self) -> str:
        of = f"={self.value}" if self.kind == FUNCTION else ""
        return f"{self.kind}({self.pin}){of}"


@dataclass(frozen=True)
class Pulse:
    """A time for which a pin was high."""

    at: float
    width: float
    """In seconds."""


class GpioTrace:
    """Collects the events of a trace while it is written.

    QEMU writes into a named pipe and we read it, so that whoever waits for an event is woken by it.
    """

    def __init__(self, pipe: Path) -> None:
        self._events: List[PinEvent] = []
        self._functions: Dict[int, int] = {}
        self._changed = threading.Condition()
        threading.Thread(target=self._read, args=(pipe,), name="gpio trace", daemon=True).start()

    def position(self) -> int:
        """A place behind all events so far."""
        with self._changed:
            return len(self._events)

    def events(self, since: int = 0) -> List[PinEvent]:
        """The events from a place on."""
        with self._changed:
            return self._events[since:]

    def begin(self, selected: List[int]) -> None:
        """Takes the pins' functions from their registers, before the trace begins."""
        with self._changed:
            for number, word in enumerate(selected):
                self._functions.update(_functions(number, word))

    def wait_for(self, what: str, reached: Callable[[List[PinEvent]], bool], timeout: float, since: int = 0) -> None:
        """Waits until the events from `since` on are enough for `reached`."""
        deadline = time.monotonic() + timeout
        with self._changed:
            while not reached(self._events[since:]):
                left = deadline - time.monotonic()
                if left <= 0:
                    seen = ", ".join(map(str, self._events[since:][-12:])) or "none at all"
                    raise PiError(f"{timeout:.0f} s passed without {what} at the pins; the last writes: {seen}")
                self._changed.wait(left)

    def _read(self, pipe: Path) -> None:
        with pipe.open(encoding="utf-8", errors="replace") as stream:
            for line in stream:
                write = _WRITE.match(line)
                if write is None:
                    continue
                at, address, value = float(write[1]), int(write[2], 16), int(write[3], 16)
                with self._changed:
                    self._take(at, address & 0xFF, value)
                    self._changed.notify_all()

    def _take(self, at: float, offset: int, value: int) -> None:
        if offset == SET_WORD or offset == CLEAR_WORD:
            kind = SET if offset == SET_WORD else CLEAR
            self._events += [PinEvent(at, kind, pin) for pin in range(32) if value >> pin & 1]
        elif offset < SET_WORD - 4:
            for pin, function in _functions(offset // 4, value):
                if self._functions.get(pin) != function:
                    self._functions[pin] = function
                    self._events.append(PinEvent(at, FUNCTION, pin, function))


def _functions(number: int, word: int) -> List[Tuple[int, int]]:
    """The functions of the ten pins of one selecting word."""
    return [(number * 10 + place, word >> 3 * place & 7) for place in range(10)]


def of_pins(events: List[PinEvent], *pins: int) -> List[PinEvent]:
    """The events of these pins."""
    return [event for event in events if event.pin in pins]


def pulses(events: List[PinEvent], pin: int) -> List[Pulse]:
    """The pulses of a pin; one that has not ended is none."""
    found: List[Pulse] = []
    risen = None
    for event in of_pins(events, pin):
        if event.kind == SET:
            risen = event.at
        elif event.kind == CLEAR and risen is not None:
            found.append(Pulse(risen, event.at - risen))
            risen = None
    return found


def changes(events: List[PinEvent]) -> List[PinEvent]:
    """The events without those that set or clear again what was so already."""
    last: Dict[int, str] = {}
    kept = []
    for event in events:
        if event.kind == FUNCTION or last.get(event.pin) != event.kind:
            kept.append(event)
        if event.kind != FUNCTION:
            last[event.pin] = event.kind
    return kept
