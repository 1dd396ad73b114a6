"""The daemon itself is told to stop, or killed, in the worst moment: a light is on, and a lid is open."""

from __future__ import annotations

from typing import Callable, List, Tuple

from bin import LID, LIGHTS, learn_empty, light_up, sort_one, wait_given_back, wait_lid_closed, wait_lid_open
from gpio_trace import pulses
from guest import EMPTY, Guest
from promises import MAX_ON, PARKING, STOPPING, Fault
from report import Report, expect


def too_long(guest: Guest, report: Report) -> None:
    """What lies in front of the camera for ever does not keep its light on for ever."""
    since = guest.now()
    light_up(guest, "glass")
    fault = Fault(guest, "glass")
    fault.at = guest.wait_event("signal-on", since)["at"]
    fault.ends_dark(report, MAX_ON, "too-long")
    guest.wait_log("glass: off, on for the longest time allowed", fault.since)
    since = guest.now()
    guest.show(EMPTY)
    guest.wait_event("rearmed", since)
    sort_one(guest, "glass")


def terminated(guest: Guest, report: Report) -> None:
    """SIGTERM: the daemon closes the lid at its speed, and ends well before systemd would kill it."""
    fault = _with_an_open_lid(guest)
    guest.signal_daemon("TERM")
    exited = guest.wait_unit("exited", fault.since)
    expect("the daemon's exit status", exited.text, "0")
    wait_lid_closed(guest, fault.trace)
    guest.wait_unit("inactive", fault.since)
    fault.ends_at_rest(report, STOPPING, exited)
    events = wait_given_back(guest, fault.trace)
    # The light goes off at once, and does not wait for the lid, which needs a second.
    dark = events.index(next(event for event in events if event.pin == LIGHTS["paper"]))
    expect("whether the lid went on moving in the dark", len(pulses(events[dark:], LID)) > 20, True)
    guest.wait_event("signal-off", fault.since, bin="paper", cause="parked")
    guest.wait_event("stopping", fault.since, cause="SIGTERM")
    guest.wait_log("stopping: SIGTERM", fault.since)
    since = guest.now()
    guest.show(EMPTY)
    guest.start_unit()
    learn_empty(guest, since)
    sort_one(guest, "glass")


def killed(guest: Guest, report: Report) -> None:
    """SIGKILL: the daemon can do nothing any more; what the unit runs afterwards parks."""
    fault = _with_an_open_lid(guest)
    guest.signal_daemon("KILL")
    expect("the daemon's end", guest.wait_unit("exited", fault.since).text, "137")
    parked = guest.wait_unit("parked", fault.since)
    expect("the exit status of ExecStopPost", parked.text, "0")
    wait_lid_closed(guest, fault.trace)
    fault.ends_at_rest(report, PARKING, parked)
    guest.wait_log("every light is off, every lid closed", fault.since)
    since = guest.now()
    guest.show(EMPTY)
    guest.restart_unit()
    learn_empty(guest, since)
    sort_one(guest, "glass")


def _with_an_open_lid(guest: Guest) -> Fault:
    before = guest.pi.trace.position()
    light_up(guest, "paper")
    wait_lid_open(guest, before)
    return Fault(guest, "paper")


CASES: List[Tuple[str, Callable[[Guest, Report], None]]] = [
    ("SIGTERM while a lid is open", terminated),
    ("SIGKILL while a lid is open", killed),
    ("a photograph that stays for longer than max-on-ms", too_long),
]
