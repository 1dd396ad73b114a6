"""Cases of the page on the card: opened by the configuration, told in the report, used by a phone in the network."""

from __future__ import annotations

import re

from board import Board
from failure import PiError
from phone import GUEST, Phone
from report import Report, expect, expect_text

# The board's serial number, as its firmware would write it into the device tree.
SERIAL = "00000000c0ffee42"
_NAME = "sortd-ee42"
_REPORT = "/boot/firmware/sortd-report.txt"


def sockets(board: Board) -> None:
    """The control sockets are root's, each for its group; the daemon has made none."""
    for name, group in (("control", "sortd-admin"), ("watch", "sortd-link")):
        expect(f"the socket {name}", board.ask(f"stat -c '%U %G %a' /run/sortd/{name}.sock"), f"root {group} 660")
        began = [int(board.ask(f"systemctl show -P ActiveEnterTimestampMonotonic {unit}")) for unit in (f"sortd-{name}.socket", "sortd.service")]
        expect(f"whether the socket {name} was there before the daemon", began[0] <= began[1], True)


def named(board: Board) -> None:
    """The bin's name ends with the board's serial number, and multicast DNS knows it."""
    expect("the bin's name", board.ask("cat /proc/sys/kernel/hostname"), _NAME)
    expect_text("multicast DNS", board.ask("resolvectl mdns"), "Global: yes")


def told(board: Board, report: Report) -> str:
    """The report ends with the address, a QR code, and the code for a browser, which is the answer."""
    sheet = board.wait_until("the address in the report", f"grep -q 'In the network' {_REPORT} && cat {_REPORT}")
    expect_text("the report", sheet, "open to the local network", f"http://{GUEST}", f"http://{_NAME}.local", "█")
    found = re.search(r"^ +code +(\d{6})", sheet, re.MULTILINE)
    if found is None:
        raise PiError(f"the report has no code: {sheet}")
    board.wait_until("the boot partition read only again", "findmnt -n -o OPTIONS /boot/firmware | grep -q ^ro")
    report.note(f"told after {board.ask('systemctl show -P ExecMainExitTimestampMonotonic sortd-tell')[:-6]} s of the guest")
    return found.group(1)


def pictured(board: Board) -> None:
    """The picture that somebody asked for lies on the boot partition, and is asked for no more."""
    expect("what begins the picture", board.ask("od -An -tx1 -N3 /boot/firmware/sortd-view.jpg").strip(), "ff d8 ff")
    expect("files that ask", board.ask("ls /boot/firmware | grep -x picture || true"), "")


def used(board: Board, phone: Phone, code: str, report: Report) -> None:
    """A phone is let in by the code, sees the bin, and is nobody to the page under another name or without the code."""
    expect("the page before anybody asked", board.ask("systemctl is-active sortd-web || true"), "inactive")
    expect_text("the page", phone.wait_for_page(), "<!DOCTYPE html>")
    expect("without a session", phone.try_ask("GET", "/api/status")[0], 401)
    expect("under the name of another page", phone.try_ask("GET", "/", host="evil.example")[0], 421)
    expect("a wrong code", phone.try_ask("POST", "/api/pair", {"code": "1" + code[1:] if code[0] == "0" else "0" + code[1:]})[0], 403)
    phone.ask("POST", "/api/pair", {"code": code})
    status = phone.ask("GET", "/api/status")
    expect_text("the bins", " ".join(status["bins"]), "glass")
    expect_text("the picture", phone.ask("GET", "/api/look")["jpeg"][:4], "/9j/")
    process = board.ask("systemctl show -P MainPID sortd-web")
    links = {name: board.ask(f"readlink /proc/{name}/ns/net") for name in (process, "1")}
    expect("whether the page has a network", links[process] == links["1"], False)
    resident = board.ask(f"grep VmRSS /proc/{process}/status").split()[1]
    report.note(f"the page has {int(resident) / 1024:.1f} MiB resident")


def kept(phone: Phone) -> None:
    """A configuration is tried and kept from the phone."""
    text = phone.ask("GET", "/api/config")["text"].replace("rearm-ms = 600", "rearm-ms = 650")
    trial = phone.ask("POST", "/api/config/try", {"text": text})["trial"]
    expect("the generation", phone.ask("POST", "/api/config/commit", {"trial": trial})["generation"], 1)


def known_to_the_takeover(board: Board) -> None:
    """What was kept is in force after the next start, and the report says so."""
    expect_text("the report", board.ask(f"cat {_REPORT}"), "generation 1, committed")
    status = board.ask("sortd status")
    expect_text("the status", status, "generation 1 is in force")
