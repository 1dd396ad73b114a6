"""The bin that guest/sortd.toml describes, as it is seen at its pins, and what is done to it."""

from __future__ import annotations

import statistics
from typing import Callable, Dict, List

from failure import PiError
from gpio_trace import CLEAR, FUNCTION, INPUT, SET, PinEvent, Pulse, changes, of_pins, pulses
from guest import EMPTY, PATIENCE, Guest
from report import expect, expect_within

LIGHTS: Dict[str, int] = {"paper": 17, "packaging": 27, "glass": 22, "rest": 23}
LID_BIN, LID, STATUS = "paper", 18, 4
PINS = [*LIGHTS.values(), LID, STATUS]
# Photographs that the shipped model is sure of (`sortd demo` prints how sure).
PHOTOS: Dict[str, str] = {"glass": "glass311.jpg", "paper": "cardboard234.jpg", "packaging": "metal193.jpg"}
# Feeding the empty view so many times takes three seconds, and the empty zone is learnt in a tenth of one.
LEARNING = 6

# A servo expects a pulse every 20 ms; of 0.5 ms here for the closed lid, and of 2.5 ms for the open one.
# The trace has the host's time. While the guest waits, a pulse may last longer in it than in the guest's, but
# never less: so of several pulses the shortest is looked at. While the guest computes, its clock may run
# ahead and make pulses short: so they are few enough to fit between two of the camera's pictures.
_OPEN_LEAST, _CLOSED_MOST = 0.0024, 0.0015
_ENOUGH = 9


def learn_empty(guest: Guest, since: int) -> None:
    """Keeps the drop zone empty until the daemon knows it, after it has opened its camera."""
    guest.wait_event("camera-opened", since)
    guest.show(EMPTY, LEARNING)


def light_up(guest: Guest, bin_name: str) -> float:
    """Holds a photograph in front of the camera until its bin signals; only its light may be on then.

    Returns the guest's seconds from the photograph's first frame to the light.
    """
    since = guest.now()
    shown = guest.show(PHOTOS[bin_name])
    on: float = guest.wait_event("signal-on", since, bin=bin_name)["at"]
    expect("lights that are on, by the level register", lit(guest), [bin_name])
    return on - shown


def take_away(guest: Guest, bin_name: str) -> None:
    """Takes the photograph away until the light is off and the next item may come."""
    since = guest.now()
    guest.show(EMPTY)
    guest.wait_event("signal-off", since, bin=bin_name, cause="done")
    guest.wait_event("rearmed", since)


def sort_one(guest: Guest, bin_name: str) -> float:
    """Sorts one item: its light goes on and off again, and no other light is touched. Returns what `light_up` does."""
    before = guest.pi.trace.position()
    seconds = light_up(guest, bin_name)
    take_away(guest, bin_name)
    expect_light_only(guest, before, bin_name)
    return seconds


def expect_light_only(guest: Guest, since: int, bin_name: str) -> None:
    """The trace since then has one SET and then one CLR of this bin's light, and of no other."""
    pin = LIGHTS[bin_name]
    seen = changes(of_pins(guest.pi.trace.events(since), *LIGHTS.values()))
    expect("writes to the lights", [(event.kind, event.pin) for event in seen], [(SET, pin), (CLEAR, pin)])


def lit(guest: Guest) -> List[str]:
    """The bins whose light is on, by the level register."""
    high = guest.pi.high(list(LIGHTS.values()))
    return [name for name, pin in LIGHTS.items() if pin in high]


def expect_rest(guest: Guest) -> None:
    """Everything is at rest now: no pin of the bin is high, by the level register."""
    expect("pins that are high, by the level register", guest.pi.high(PINS), [])


def wait_cleared(guest: Guest, since: int) -> None:
    """Waits until the last level that was written to each pin is low."""

    def cleared(events: List[PinEvent]) -> bool:
        levels = (event for event in events if event.kind != FUNCTION)
        last = {event.pin: event.kind for event in levels}
        return all(last.get(pin) == CLEAR for pin in PINS)

    guest.pi.trace.wait_for("each pin being cleared", cleared, PATIENCE, since)


def wait_given_back(guest: Guest, since: int) -> List[PinEvent]:
    """Waits until the last that was done to each pin made it an input again, as it was found; each was cleared before.

    The guest's console and the registers' trace reach us by two ways, and the trace may be the later one.
    """
    wanted = (FUNCTION, INPUT)

    def given_back(events: List[PinEvent]) -> bool:
        last = (of_pins(events, pin)[-1:] for pin in PINS)
        return all([(event.kind, event.value) for event in one] == [wanted] for one in last)

    guest.pi.trace.wait_for("each pin being made an input again", given_back, 30, since)
    wait_cleared(guest, since)
    return guest.pi.trace.events(since)


def wait_light_off(guest: Guest, since: int, bin_name: str) -> None:
    """Waits until this bin's light was switched off; none was switched on.

    The daemon tells of it after the deed, but the trace may reach us later than the guest's console.
    """

    def switched_off(events: List[PinEvent]) -> bool:
        return any(event.kind == CLEAR for event in of_pins(events, LIGHTS[bin_name]))

    guest.pi.trace.wait_for(f"{bin_name}'s light being switched off", switched_off, PATIENCE, since)
    lights = of_pins(guest.pi.trace.events(since), *LIGHTS.values())
    expect("lights that were switched on", [event.pin for event in lights if event.kind == SET], [])


def wait_lid_open(guest: Guest, since: int) -> List[Pulse]:
    """Waits until the lid is told to be open, and returns the last pulses."""
    return _wait_lid(guest, "the lid's long pulses", since, lambda shortest: shortest >= _OPEN_LEAST)


def wait_lid_closed(guest: Guest, since: int) -> List[Pulse]:
    """Waits until the lid is told to be closed, and returns the last pulses."""
    return _wait_lid(guest, "the lid's short pulses", since, lambda shortest: shortest <= _CLOSED_MOST)


def _wait_lid(guest: Guest, what: str, since: int, there: Callable[[float], bool]) -> List[Pulse]:
    def arrived(events: List[PinEvent]) -> bool:
        last = pulses(events, LID)[-_ENOUGH:]
        return len(last) == _ENOUGH and there(min(pulse.width for pulse in last))

    try:
        guest.pi.trace.wait_for(what, arrived, PATIENCE, since)
    except PiError as error:
        last = ", ".join(f"{pulse.width * 1000:.1f}" for pulse in pulses(guest.pi.trace.events(since), LID)[-50:])
        raise PiError(f"{error}; the last pulses in ms: {last or 'none'}") from error
    return pulses(guest.pi.trace.events(since), LID)[-_ENOUGH:]


def expect_lid_pulses(last: List[Pulse]) -> None:
    """Pulses come fifty times a second; a late one, as on a busy machine, is followed by one that hurries."""
    distances = [after.at - before.at for before, after in zip(last, last[1:])]
    expect_within("the pulses' distance", statistics.median(distances), 0.010, float("inf"))
