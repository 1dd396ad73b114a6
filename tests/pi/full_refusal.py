"""Cases of a wrong configuration on the boot partition: told, and not taken."""

from __future__ import annotations

import time

from board import Board
from failure import PiError
from report import Report, expect, expect_text
from technician import STATUS_PIN, mistake_at


def refused(board: Board) -> None:
    """The bin runs with what it had, and the report says where the mistake is and what to do."""
    board.wait_shell()
    board.wait_until("sortd ready", "systemctl is-active sortd")
    sheet = board.ask("cat /boot/firmware/sortd-report.txt")
    expect_text("sortd-report.txt", sheet, "REFUSED", mistake_at(), "did you mean `hold-ms`?")
    expect_text("what the daemon is told", board.ask("cat /run/sortd-takeover/refused"), mistake_at())
    expect_text("the configuration in force", board.ask("cat /etc/sortd/sortd.toml"), "hold-ms = ")
    expect("the boot partition", board.ask("findmnt -n -o OPTIONS /boot/firmware | cut -d, -f1"), "ro")


def sheet_tells_the_machine(board: Board) -> None:
    """What a technician asks for on the telephone stands in the report."""
    sheet = board.ask("cat /boot/firmware/sortd-report.txt")
    expect_text("sortd-report.txt", sheet, "sortd", "camera", "model", "temperature", "Raspberry Pi 3")
    # What the daemon can use, the takeover's unit must let the report find.
    expect("what the report says is missing", [line for line in sheet.splitlines() if "WRONG" in line], [])


def blinks(board: Board, report: Report) -> None:
    """The status light blinks; how fast depends on the machine that emulates."""
    since = time.monotonic()
    changes = 0
    level = board.is_high(STATUS_PIN)
    while changes < 6:
        if time.monotonic() - since > 60:
            raise PiError(f"the status light changed {changes} times in a minute; a refused configuration must blink")
        now = board.is_high(STATUS_PIN)
        changes += now != level
        level = now
    report.note(f"6 changes in {time.monotonic() - since:.1f} s")
