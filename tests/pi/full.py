"""The SD card image on an emulated Pi: everything that a bin has on the wall, but for camera and real time.

    full.py PREPARED    the folder that prepare.sh made; IMAGE names the image and DEB its package, if they
                        are not where `make image` leaves them; PARTS names some of what is below: "sorting power_cuts"
"""

from __future__ import annotations

import os
import sys
import tempfile
from pathlib import Path
from typing import Callable, List

import full_cuts
import full_page
import full_refusal
import full_sorting
import full_system
from board import BOOT, NO_WATCHDOG, Board, prepare
from card import Card
from cut_memory import Counted
from failure import PiError
from next_package import TARGET, next_package
from phone import Phone, free_port
from report import Report, stop_with
from technician import WIFI, configuration, mistaken

# A camera of the kernel's own that shows a test pattern.
_CAMERA = ["modules_load=vivid", "vivid.n_devs=1", "vivid.node_types=0x1"]


def first_start(card: Card, folder: Path, report: Report) -> None:
    """The card as a technician prepared it."""
    card.put("sortd.toml", configuration().encode())
    card.put("wifi.txt", WIFI)
    card.put("picture", b"")
    port = free_port()
    with Board(card, folder, [NO_WATCHDOG, *_CAMERA], full_page.SERIAL, port) as board:
        with report.case("boots with systemd, and sortd becomes ready"):
            full_system.starts(board, report)
        with report.case("a camera module's driver waits for a firmware that has a camera"):
            full_system.camera_module(board)
        with report.case("the hardened unit runs as its own user, with /dev/gpiomem"):
            full_system.unprivileged(board)
        with report.case("only the listed paths can be written to"):
            full_system.writes_where_listed(board)
        with report.case("the state partition has grown to the card's end"):
            full_system.grown(board, report)
        with report.case("a right sortd.toml and wifi.txt are taken over"):
            full_system.taken(board)
        with report.case("Wi-Fi's password is closed to the daemon's user"):
            full_system.password_closed(board)
        with report.case("the partitions are those of the card that the system was started from"):
            full_system.on_its_card(board)
        with report.case("the journal holds the structured records, in memory"):
            full_system.journal(board)
        with report.case("the control sockets are root's, and older than the daemon"):
            full_page.sockets(board)
        with report.case("the bin's name ends with the board's serial number"):
            full_page.named(board)
        phone, code = Phone(port), ""
        with report.case("the report ends with the address and the code of the page"):
            code = full_page.told(board, report)
        with report.case("a picture that is asked for lies on the boot partition"):
            full_page.pictured(board)
        with report.case("a phone is let in by the code and sees the bin"):
            full_page.used(board, phone, code, report)
        with report.case("a configuration is tried and kept from the phone"):
            full_page.kept(phone)
        with report.case("the watchdog starts a stalled daemon again"):
            full_system.watchdog(board, report)
        with report.case("the package upgrades in place"):
            full_system.upgrades(board, report)


def wrong_configuration(card: Card, folder: Path, report: Report) -> None:
    """The next start, with a mistake on the boot partition."""
    card.put("sortd.toml", mistaken().encode())
    with Board(card, folder, [NO_WATCHDOG, *_CAMERA]) as board:
        with report.case("a wrong sortd.toml is refused with line and cure, and the bin runs on"):
            full_refusal.refused(board)
        with report.case("what was kept from the phone is in force, and told"):
            full_page.known_to_the_takeover(board)
        with report.case("sortd-report.txt tells the machine's state"):
            full_refusal.sheet_tells_the_machine(board)
        with report.case("the status light blinks the fault"):
            full_refusal.blinks(board, report)


def hardware_watchdog(card: Card, folder: Path, report: Report) -> None:
    """As shipped systemd arms the Pi's watchdog, by which the emulated board resets at once."""
    with report.case("systemd arms the hardware watchdog"), Board(card, folder, []) as board:
        report.note(f"after {board.wait_reset(BOOT):.0f} s")
        # A kernel that gives up resets the board as well.
        if any("Kernel panic" in line for line in board.console.lines()):
            raise PiError("the board was reset by a panic of the kernel, not by the watchdog")


def power_cuts(card: Card, folder: Path, report: Report) -> None:
    """Each begins with the card as the cut before left it."""
    known, counted = full_cuts.Acknowledged(), Counted()
    counted.lay_out(card, folder)
    full_cuts.lay_out(card)
    for number in range(1, full_cuts.CUTS + 1):
        with report.case(f"power cut {number} of {full_cuts.CUTS} loses nothing that was acknowledged"):
            before = known.taken
            report.note(full_cuts.cut_while_writing(card, folder, number, known, counted))
            report.note(f"{known.taken - before} configurations")


def sorting(card: Card, folder: Path, report: Report) -> None:
    """The bin as it is used, with a camera of the test's own."""
    full_sorting.lay_out(card, Path(sys.argv[1]), folder)
    with Board(card, folder, [NO_WATCHDOG]) as board:
        with report.case("a model of the boot partition is taken over"):
            full_sorting.model_taken(board)
        camera = full_sorting.Camera(board)
        for bin_name in ("glass", "packaging"):
            with report.case(f"a photograph lights {bin_name} alone"):
                full_sorting.sorts(board, camera, report, bin_name)
        with report.case("an item costs the card little"):
            full_sorting.written(board, camera, report)
        with report.case("the daemon needs little memory"):
            full_sorting.memory(board, report)


def _asked() -> List[Callable[[Card, Path, Report], None]]:
    """The parts that PARTS names, or all; each but the second is for a card of any state."""
    parts = {part.__name__: part for part in (first_start, wrong_configuration, hardware_watchdog, power_cuts, sorting)}
    names = os.environ.get("PARTS", "").split() or list(parts)
    unknown = [name for name in names if name not in parts]
    if unknown:
        raise SystemExit(f"full: there is no part {unknown[0]}; there are: {', '.join(parts)}")
    return [part for name, part in parts.items() if name in names]


def main() -> int:
    """Runs all cases with one card."""
    report = Report("full")
    with tempfile.TemporaryDirectory(prefix="sortd-pi-") as name:
        folder = Path(name)
        try:
            image = Path(os.environ.get("IMAGE", TARGET / "images" / "sortd-pi-arm64.img"))
            card = Card(image, folder)
            print(f"full: {image.name}, {image.stat().st_size / 2**20:.0f} MiB", flush=True)
            prepare(card)
            card.put_file(full_system.UPGRADE, next_package(folder))
        except PiError as error:
            return stop_with(error)
        for part in _asked():
            try:
                part(card, folder, report)
            except PiError as error:
                with report.case((part.__doc__ or part.__name__).strip()):
                    raise error
    return report.end()


if __name__ == "__main__":
    sys.exit(main())
