"""Cameras that go away, fall silent, or refuse: the feeder's, and vivid's injected faults."""

from __future__ import annotations

from typing import Callable, List, Tuple

from bin import learn_empty, light_up, lit, sort_one
from configs import LOOPBACK, VIVID
from failure import PiError
from guest import CONFIG, EMPTY, Guest
from promises import FRAME_DEADLINE, Fault, expect_same_daemon, failed_causes
from report import Report, expect, expect_text

# vivid's pictures: bars of colours for the empty zone, and one colour alone for an item.
_BARS, _PAPER = 0, 9


def feeder_killed(guest: Guest, report: Report) -> None:
    """The camera is unplugged while a light is on, and plugged in again."""
    daemon = guest.daemon()
    light_up(guest, "glass")
    fault = Fault(guest, "glass")
    guest.signal_feeder("KILL")
    fault.ends_dark(report, FRAME_DEADLINE, "blind")
    _expect_cause(guest, fault.since, LOOPBACK)
    _plug_in_again(guest, report)
    expect_same_daemon(guest, daemon)


def feeder_silent(guest: Guest, report: Report) -> None:
    """The camera stays plugged in and sends nothing, as when its driver hangs."""
    daemon = guest.daemon()
    light_up(guest, "glass")
    fault = Fault(guest, "glass")
    guest.signal_feeder("STOP")
    fault.ends_dark(report, FRAME_DEADLINE, "blind")
    cause = _expect_cause(guest, fault.since, LOOPBACK)
    expect_text("the cause", cause, "no usable picture for 2 s")
    since = guest.now()
    guest.signal_feeder("CONT")
    guest.show(EMPTY)
    learn_empty(guest, since)
    sort_one(guest, "glass")
    expect_same_daemon(guest, daemon)


def vivid_disconnected(guest: Guest, report: Report) -> None:
    """The driver takes its device away in the middle of the stream."""
    _look_at(guest, VIVID)
    daemon = guest.daemon()
    _show_paper(guest)
    fault = Fault(guest, "paper")
    _inject(guest, "Disconnect", 1)
    # The daemon may have the camera back before it misses a picture; then it learns the zone anew.
    fault.ends_dark(report, FRAME_DEADLINE)
    _expect_cause(guest, fault.since, VIVID)
    _comes_back(guest, fault.since)
    expect_same_daemon(guest, daemon)


def vivid_drops(guest: Guest, report: Report) -> None:
    """The driver drops every buffer, for as long as we like."""
    _look_at(guest, VIVID)
    daemon = guest.daemon()
    _show_paper(guest)
    fault = Fault(guest, "paper")
    _inject(guest, "Percentage of Dropped Buffers", 100)
    fault.ends_dark(report, FRAME_DEADLINE, "blind")
    cause = _expect_cause(guest, fault.since, VIVID)
    expect_text("the cause", cause, "no usable picture for 2 s")
    since = guest.now()
    _inject(guest, "Percentage of Dropped Buffers", 0)
    _comes_back(guest, since)
    expect_same_daemon(guest, daemon)


def vivid_left_unreadable(guest: Guest, report: Report) -> None:
    """The camera stands at a format and a rate that the daemon's library does not know, as a Pi's camera module does."""
    _look_at(guest, LOOPBACK)
    left = guest.ask(f"format {VIVID} YU12 2 25")
    expect("what the camera was left at", left, "YU12 2/25")
    report.note(left)
    since = guest.now()
    _look_at(guest, VIVID)
    expect("failures of the camera", failed_causes(guest, since), [])
    _show_paper(guest)
    _take_paper_away(guest)


def vivid_refuses_to_stream(guest: Guest, report: Report) -> None:
    """The camera is lost, and when it is back its driver refuses to stream once."""
    _look_at(guest, VIVID)
    daemon = guest.daemon()
    _show_paper(guest)
    fault = Fault(guest, "paper")
    _inject(guest, "Inject VIDIOC_STREAMON Error", 1)
    _inject(guest, "Disconnect", 1)
    fault.ends_dark(report, FRAME_DEADLINE)
    _comes_back(guest, fault.since)
    causes = failed_causes(guest, fault.since)
    if len(causes) < 2:
        raise PiError(f"the camera failed {len(causes)} times, expected twice: lost, and refused; causes: {causes}")
    expect_text("the second cause", causes[1], VIVID)
    expect_same_daemon(guest, daemon)
    _look_at(guest, LOOPBACK)
    sort_one(guest, "glass")


def _expect_cause(guest: Guest, since: int, device: str) -> str:
    """The camera's failure is told, as an event and in the log, and names the device."""
    event = guest.wait_event("camera-failed", since)
    cause: str = event["error"]
    expect_text("the cause", cause, device)
    guest.wait_log(cause[:60], since)
    return cause


def _plug_in_again(guest: Guest, report: Report) -> None:
    since = guest.now()
    guest.start_feeder()
    guest.show(EMPTY)
    learn_empty(guest, since)
    back = guest.events(since)
    report.note(f"camera back after {len([e for e in back if e['event'] == 'camera-failed'])} more attempts")
    sort_one(guest, "glass")


def _comes_back(guest: Guest, since: int) -> None:
    """The camera is opened again, and what it shows is sorted again."""
    guest.wait_event("camera-opened", since)
    _pattern(guest, _BARS)
    # What lay there when the camera was lost must have gone before the next item counts as one.
    guest.wait_event("rearmed", since)
    _learn_bars(guest)
    _show_paper(guest)
    _take_paper_away(guest)


def _look_at(guest: Guest, device: str) -> None:
    """Takes over a configuration with this camera, unless it is in force."""
    if guest.ask(f"grep -c {device} {CONFIG} || true") != "0":
        return
    if device == VIVID:
        _pattern(guest, _BARS)
    else:
        guest.show(EMPTY)
    since = guest.now()
    guest.put_config("vivid" if device == VIVID else "main")
    guest.signal_daemon("HUP")
    guest.wait_event("config-reloaded", since)
    opened = guest.wait_event("camera-opened", since)
    expect_text("the camera", opened["camera"], device)
    if device == VIVID:
        _learn_bars(guest)
    else:
        learn_empty(guest, since)


def _pattern(guest: Guest, number: int) -> None:
    _inject(guest, "Test Pattern", number)


def _inject(guest: Guest, control: str, value: int) -> None:
    guest.ask(f'control {VIVID} "{control}" {value}')


def _learn_bars(guest: Guest) -> None:
    # vivid does not tell how many pictures it has delivered; the daemon learns for a tenth of a second.
    guest.ask("sleep 2")


def _show_paper(guest: Guest) -> None:
    since = guest.now()
    _pattern(guest, _PAPER)
    guest.wait_event("signal-on", since, bin="paper")
    expect("lights that are on, by the level register", lit(guest), ["paper"])


def _take_paper_away(guest: Guest) -> None:
    since = guest.now()
    _pattern(guest, _BARS)
    guest.wait_event("signal-off", since, bin="paper", cause="done")
    guest.wait_event("rearmed", since)


CASES: List[Tuple[str, Callable[[Guest, Report], None]]] = [
    ("the feeder is killed and started again", feeder_killed),
    ("the feeder falls silent and goes on", feeder_silent),
    ("vivid is left at a format that cannot be read", vivid_left_unreadable),
    ("vivid disconnects", vivid_disconnected),
    ("vivid drops every buffer", vivid_drops),
    ("vivid disconnects and refuses to stream", vivid_refuses_to_stream),
]
