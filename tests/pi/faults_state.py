"""Files that are wrong, or that cannot be written."""

from __future__ import annotations

from typing import Callable, List, Tuple

from bin import LEARNING, LIGHTS, PHOTOS, PINS, expect_light_only, learn_empty, light_up, lit, sort_one, take_away
from configs import MOVED, line_of
from failure import PiError
from gpio_trace import of_pins
from guest import CONFIG, EMPTY, Guest
from promises import expect_same_daemon
from report import Report, expect, expect_text

RUNTIME, STATE = "/run/sortd", "/var/lib/sortd"


def config_broken(guest: Guest, report: Report) -> None:
    """A configuration with a mistake is put in place while a light is on, and taken over."""
    daemon = guest.daemon()
    before = guest.pi.trace.position()
    light_up(guest, "glass")
    since = guest.now()
    guest.put_config("mistakes")
    guest.signal_daemon("HUP")
    refused = guest.wait_event("config-refused", since)
    line = line_of("mistakes", "max_on_ms")
    # Both mistakes at once, and where.
    for words in (f"{CONFIG}:{line}:", "did you mean `max-on-ms`", "BCM 22 is already used"):
        expect_text("what is said of the configuration", refused["error"], words)
        guest.wait_log(words, since)
    expect("lights that are on, by the level register", lit(guest), ["glass"])
    take_away(guest, "glass")
    expect_light_only(guest, before, "glass")
    expect_same_daemon(guest, daemon)
    _take_over(guest, "main")
    sort_one(guest, "packaging")


def config_cut_off(guest: Guest, report: Report) -> None:
    """The file is half written when it is taken over, as after a power cut or in the middle of a copy."""
    daemon, since = guest.daemon(), guest.now()
    guest.put_config("cut-off")
    guest.signal_daemon("HUP")
    refused = guest.wait_event("config-refused", since)
    expect_text("what is said of the configuration", refused["error"], CONFIG)
    sort_one(guest, "glass")
    expect_same_daemon(guest, daemon)
    _take_over(guest, "main")


def runtime_full(guest: Guest, report: Report) -> None:
    """No room to remember the configuration in force: that is told, and nothing else suffers.

    The new configuration moves the glass light to another pin. What was remembered is the old one then,
    and a park by that would leave the new pin high.
    """
    _fill(guest, RUNTIME)
    since = guest.now()
    daemon = guest.daemon()
    _take_over(guest, "moved")
    guest.wait_log("No space left on device", since)
    guest.wait_log(RUNTIME, since)
    before = guest.pi.trace.position()
    guest.show(PHOTOS["glass"])
    guest.wait_event("signal-on", since, bin="glass")
    expect("whether the moved light is on, by the level register", guest.pi.high([MOVED]), [MOVED])
    expect("writes to the old pin", of_pins(guest.pi.trace.events(before), LIGHTS["glass"]), [])
    expect_same_daemon(guest, daemon)
    guest.signal_daemon("KILL")
    expect("the daemon's end", guest.wait_unit("exited", since).text, "137")
    guest.wait_unit("parked", since)
    left_on = guest.pi.high([MOVED, *PINS])
    _restore(guest, RUNTIME)
    since = guest.now()
    guest.show(EMPTY)
    guest.put_config("main")
    guest.restart_unit()
    learn_empty(guest, since)
    sort_one(guest, "glass")
    expect("pins that were high after ExecStopPost", left_on, [])


def state_full(guest: Guest, report: Report) -> None:
    """`sortd takeover` cannot write what it took over: it says so, and what was in force stays."""
    _fill(guest, STATE)
    guest.ask("mkdir -p /boot")
    guest.ask(f"cp {CONFIG} /boot/sortd.toml")
    said = guest.ask(f"sortd takeover --from /boot --state {STATE} 2>&1; echo status $?")
    _restore(guest, STATE)
    expect_text("what `sortd takeover` says", said, "No space left on device", STATE)
    if said.endswith("status 0"):
        raise PiError(f"`sortd takeover` could write nothing and answers with status 0: {said}")
    sort_one(guest, "glass")


def _take_over(guest: Guest, name: str) -> None:
    since = guest.now()
    guest.put_config(name)
    guest.signal_daemon("HUP")
    guest.wait_event("config-reloaded", since)
    # The empty zone is learnt anew.
    guest.show(EMPTY, LEARNING)


def _fill(guest: Guest, folder: str) -> None:
    """Mounts a small file system over a folder, with what is in it, and fills it to the last byte."""
    guest.ask(
        f"mkdir -p {folder} && cp -a {folder} /tmp/kept && mount -t tmpfs -o size=8m tmp {folder}"
        f" && cp -a /tmp/kept/. {folder}/ && rm -r /tmp/kept"
    )
    guest.ask(f"dd if=/dev/zero of={folder}/full bs=4k 2>/dev/null; ! echo more >{folder}/more 2>/dev/null")


def _restore(guest: Guest, folder: str) -> None:
    guest.ask(f"umount {folder}")


CASES: List[Tuple[str, Callable[[Guest, Report], None]]] = [
    ("a configuration with mistakes is refused during a reload", config_broken),
    ("a configuration that is cut off is refused during a reload", config_cut_off),
    ("the runtime partition is full", runtime_full),
    ("the state partition is full", state_full),
]
