"""The daemon on an emulated Pi, with its real drivers: real photographs in, the right pins out.

    smoke.py PREPARED    the folder that prepare.sh made; SORTD names the daemon
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Callable, List, Tuple

from bin import (
    LID,
    LIGHTS,
    PINS,
    STATUS,
    wait_given_back,
    expect_lid_pulses,
    expect_light_only,
    expect_rest,
    learn_empty,
    light_up,
    sort_one,
    take_away,
    wait_lid_closed,
    wait_lid_open,
)
from failure import PiError
from gpio_trace import CLEAR, FUNCTION, OUTPUT, SET, PinEvent, of_pins
from guest import EMPTY, FPS, HEIGHT, PATIENCE, WIDTH, Guest, default_sortd
from report import Report, expect, expect_within, stop_with
from unit import Unit


def starts(guest: Guest, report: Report) -> None:
    """Each output is low before it becomes an output, so that nothing flashes at the start."""
    before, since, began = guest.pi.trace.position(), guest.now(), guest.time()
    guest.start_feeder()
    guest.show(EMPTY)
    guest.start_unit()
    guest.wait_event("started", since)
    opened = guest.wait_event("camera-opened", since)
    report.note(f"camera after {opened['at'] - began:.1f} s of the guest")
    expect("the camera's format", f"MJPEG {WIDTH}x{HEIGHT} at {FPS} fps" in opened["camera"], True)
    for pin in PINS:
        # The status light goes on soon, and the lid gets its first pulses.
        first = of_pins(guest.pi.trace.events(before), pin)[:2]
        wanted = [(CLEAR, 0), (FUNCTION, OUTPUT)]
        expect(f"the first writes to pin {pin}", [(event.kind, event.value) for event in first], wanted)
    learn_empty(guest, since)
    guest.pi.trace.wait_for("the status light", lambda events: (SET, STATUS) in _kinds(events), PATIENCE, before)


def sorts(guest: Guest, report: Report, bin_name: str) -> None:
    """One item, and the time from its first frame to the light."""
    report.note(f"light after {sort_one(guest, bin_name):.1f} s of the guest")


def lid_opens_and_closes(guest: Guest, report: Report) -> None:
    """Paper has a lid: its pulses widen, stay while the light is on, and become narrow again."""
    before = guest.pi.trace.position()
    light_up(guest, "paper")
    opened = wait_lid_open(guest, before)
    expect_lid_pulses(opened)
    off = guest.pi.trace.position()
    take_away(guest, "paper")
    closed = wait_lid_closed(guest, off)
    expect_light_only(guest, before, "paper")
    for name, last in (("open", opened), ("closed", closed)):
        report.note(f"{name}: {min(p.width for p in last) * 1000:.2f} to {max(p.width for p in last) * 1000:.2f} ms")


def stops(guest: Guest, report: Report) -> None:
    """After SIGTERM all is low, and the pins are inputs again, as they were found."""
    before, since, began = guest.pi.trace.position(), guest.now(), guest.time()
    guest.signal_daemon("TERM")
    exited = guest.wait_unit("exited", since)
    expect("the daemon's exit status", exited.text, "0")
    expect_within("the time until it stopped", exited.at - began, 0.0, Unit().stop_seconds())
    report.note(f"stopped after {exited.at - began:.1f} s of the guest")
    guest.wait_event("stopping", since, cause="SIGTERM")
    expect("the exit status of ExecStopPost", guest.wait_unit("parked", since).text, "0")
    expect_rest(guest)
    events = wait_given_back(guest, before)
    lights = [event for event in of_pins(events, *LIGHTS.values()) if event.kind == SET]
    expect("lights switched on while stopping", lights, [])


def _kinds(events: List[PinEvent]) -> List[Tuple[str, int]]:
    return [(event.kind, event.pin) for event in events]


def main() -> int:
    """Runs all cases in one guest."""
    report = Report("smoke")
    try:
        guest = Guest(Path(sys.argv[1]), default_sortd())
    except PiError as error:
        return stop_with(error)
    cases: List[Tuple[str, Callable[[], None]]] = [
        ("starts with every output low, and opens the camera", lambda: starts(guest, report)),
        (f"a photograph of glass lights glass alone, pin {LIGHTS['glass']}", lambda: sorts(guest, report, "glass")),
        (f"a photograph of metal lights packaging alone, pin {LIGHTS['packaging']}", lambda: sorts(guest, report, "packaging")),
        (f"a photograph of cardboard lights paper and opens its lid, pin {LID}", lambda: lid_opens_and_closes(guest, report)),
        ("SIGTERM leaves everything at rest", lambda: stops(guest, report)),
    ]
    with guest.pi:
        print(f"smoke: a Pi 3 with Debian's kernel, ready after {guest.boot_seconds:.1f} s", flush=True)
        for title, case in cases:
            with report.case(title, guest.said):
                case()
            # Each case goes on from where the one before has ended.
            if report.failed:
                break
    return report.end()


if __name__ == "__main__":
    sys.exit(main())
