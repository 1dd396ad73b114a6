"""Faults on an emulated Pi: after each the outputs are at rest in time, the log names the cause, and the
same machine goes on sorting.

    faults.py PREPARED [WORD...]    the folder that prepare.sh made; SORTD names the daemon. With words,
                                    only the cases whose titles contain one of them.
"""

from __future__ import annotations

import sys
from pathlib import Path

import faults_camera
import faults_process
import faults_state
from bin import learn_empty, sort_one
from failure import PiError
from guest import EMPTY, Guest, default_sortd
from report import Report, stop_with


def boot(report: Report) -> Guest:
    """A guest whose daemon has proven that it sorts."""
    guest = Guest(Path(sys.argv[1]), default_sortd())
    print(f"faults: a Pi 3 with Debian's kernel, ready after {guest.boot_seconds:.1f} s", flush=True)
    with report.case("without a fault the daemon sorts", guest.said):
        since = guest.now()
        guest.start_feeder()
        guest.show(EMPTY)
        guest.start_unit()
        learn_empty(guest, since)
        sort_one(guest, "glass")
    return guest


def main() -> int:
    """Runs all cases in one guest, each with the daemon that the one before has left behind."""
    report = Report("faults")
    words = sys.argv[2:]
    # A daemon that is killed leaves its pins as outputs, and pins are given back as they were found. So
    # nothing is killed before the case that is told to stop, which is the first of its module.
    cases = [case for module in (faults_camera, faults_process, faults_state) for case in module.CASES]
    guest = None
    try:
        for title, case in cases:
            if words and not any(word in title for word in words):
                continue
            guest = guest or boot(report)
            failed = report.failed
            with report.case(title, guest.said):
                case(guest, report)
            if report.failed > failed:
                # What a failed case leaves behind must not fail the next one.
                guest.pi.stop()
                guest = None
    except PiError as error:
        return stop_with(error)
    finally:
        if guest:
            guest.pi.stop()
    return report.end()


if __name__ == "__main__":
    sys.exit(main())
