"""What the daemon promises after a fault, in figures, and how a fault is measured against them."""

from __future__ import annotations

from typing import List

from bin import expect_rest, wait_cleared, wait_light_off
from failure import PiError
from guest import Guest, Said
from report import Report, expect_within
from unit import Unit

# guest/sortd.toml: a picture older than this is stale, and nothing is shown on a stale picture.
FRAME_DEADLINE = 2.0
# The same: no light is on for longer.
MAX_ON = 20.0
# systemd's unit: what does not stop for so long is killed.
STOPPING = Unit().stop_seconds()
# Nobody has promised how long `sortd park` takes. It does not know where a lid is, so it gives it the time
# to close from wherever it may be (half a second here), and to settle; and it has to be started.
PARKING = 3.0
# A Pi's loop turns every twentieth of a second. The emulated one has one processor's speed for four.
SLACK = 1.0


class Fault:
    """A fault that happens now, while a bin's light is on. All times are the guest's."""

    def __init__(self, guest: Guest, bin_name: str) -> None:
        self._guest = guest
        self._bin = bin_name
        self.trace = guest.pi.trace.position()
        self.since = guest.now()
        self.at = guest.time()

    def ends_dark(self, report: Report, promised: float, cause: str = "") -> None:
        """The light goes off within the promised time, for this cause if one is named; none goes on."""
        fields = {"cause": cause} if cause else {}
        off = self._guest.wait_event("signal-off", self.since, bin=self._bin, **fields)
        wait_light_off(self._guest, self.trace, self._bin)
        self._in_time(report, "dark", off["at"], promised)

    def ends_at_rest(self, report: Report, promised: float, said: Said) -> None:
        """When the unit `said` that it has ended, all pins are low, in the promised time."""
        wait_light_off(self._guest, self.trace, self._bin)
        wait_cleared(self._guest, self.trace)
        expect_rest(self._guest)
        self._in_time(report, "at rest", said.at, promised)

    def _in_time(self, report: Report, what: str, at: float, promised: float) -> None:
        expect_within(f"the time until {self._bin} was {what}", at - self.at, 0.0, promised + SLACK)
        report.note(f"{what} after {at - self.at:.1f} of {promised:.0f} s")


def expect_same_daemon(guest: Guest, before: int) -> None:
    """The daemon lived through it: recovery needed no restart."""
    now = guest.daemon()
    if now != before or guest.ask(f"test -d /proc/{now} && echo alive") != "alive":
        raise PiError(f"the daemon did not live through it: process {before} became {now}")


def failed_causes(guest: Guest, since: int) -> List[str]:
    """Why the camera failed, each time since then."""
    return [event["error"] for event in guest.events(since) if event["event"] == "camera-failed"]
