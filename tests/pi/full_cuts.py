"""Ten power cuts in the middle of writing: what was acknowledged is there, and nothing is damaged."""

from __future__ import annotations

import random
import time
from pathlib import Path

from board import CARD_ONLY, NO_WATCHDOG, PATIENCE, Board
from card import Card, State
from cut_memory import Counted
from failure import PiError
from technician import SMALLEST_HOLD, changed, configuration

CUTS = 10
# The guest writes from its start to the cut, for at least so many acknowledgements.
_ENOUGH = 3
# The same cuts in each run; where in a write they fall is the emulator's chance.
_SEED = 20261125
# For so many seconds the daemon counts before the writers begin: with their time, less than its batch takes to come, and more.
_COUNTING = (5.0, 90.0)
# So many of the files that were synced last are read; what a cut halves is among them.
_NEWEST = 20
_MARKS = "/var/lib/sortd/marks"
# What the configurations are made from, on the boot partition.
_BASE = "cutbase.toml"

# Small files that are synced, with their folder, each of which is told only after that.
_MARKER = """
(n={marked}; while true; do n=$((n + 1)); echo $n >{marks}/$n && sync {marks}/$n {marks} && echo marked $n; done) >/dev/ttyS1 2>&1 &
"""
# Configurations through `sortd takeover`, which is how a bin is configured, as fast as they go, so that the power goes in the middle.
# Each is told only after it has returned. What the cut kept of a takeover that was not told is there "as before".
_WRITER = """
mount -o remount,rw,sync /boot/firmware; mkdir -p {marks} /run/sortd-takeover;
(n={taken}; while true; do
    n=$((n + 1));
    sed "s/^hold-ms = .*/hold-ms = $n/" /boot/firmware/{base} >/boot/firmware/sortd.toml &&
    sortd takeover --from /boot/firmware --state /var/lib/sortd --refused /run/sortd-takeover/refused
        | grep -E 'sortd.toml.*(taken over|as before)' >/dev/null && echo taken $n || echo not taken $n;
done) >/dev/ttyS1 2>&1 &
"""


class Acknowledged:
    """What the guest has said that it wrote, over all cuts."""

    def __init__(self) -> None:
        self.marked = SMALLEST_HOLD
        self.taken = SMALLEST_HOLD
        self.marks: set = set()

    def hear(self, board: Board, since: int) -> None:
        """Takes in all that was said since then; what was taken in before does no harm."""
        for line in board.shell.lines(since):
            word, _, number = line.partition(" ")
            # The last line may have been cut off itself; whole lines alone come here.
            if word == "marked" and number.isdigit():
                self.marked = int(number)
                self.marks.add(number)
            elif word == "taken" and number.isdigit():
                self.taken = int(number)
            elif line.startswith("not taken"):
                raise PiError(f"a right configuration was not taken over: {line}; run the takeover by hand to see why")


def _configuration(hold: int = SMALLEST_HOLD) -> str:
    """With the small model: each takeover has it proven anew, which an emulated board does slowly."""
    return changed(configuration(hold), "# bundle = ", "bundle = ")


def lay_out(card: Card) -> None:
    """Puts what the configurations are made from onto the boot partition."""
    card.put(_BASE, _configuration().encode())


def cut_while_writing(card: Card, folder: Path, number: int, known: Acknowledged, counted: Counted) -> str:
    """Boots, writes, takes the power away, and looks at what is on the card; what the memory came to."""
    dice = random.Random(_SEED + number)
    with Board(card, folder, [NO_WATCHDOG, *CARD_ONLY]) as board:
        board.wait_shell()
        board.wait_until("the state partition", "findmnt -n /var/lib/sortd && findmnt -n /boot/firmware")
        counted.start(board)
        counted.listen(board, dice.uniform(*_COUNTING))
        since = board.shell.position()
        # A sync of one file has the file system's whole journal written. In every other cut sortd syncs for itself alone.
        writers = _WRITER + (_MARKER if number % 2 else "")
        board.ask(" ".join(writers.format(marks=_MARKS, base=_BASE, marked=known.marked, taken=known.taken).split()))
        deadline = time.monotonic() + PATIENCE
        enough = known.taken + _ENOUGH
        while known.taken < enough:
            counted.listen(board, 0.5)
            known.hear(board, since)
            if time.monotonic() > deadline:
                raise PiError(f"{PATIENCE:.0f} s passed without {_ENOUGH} acknowledgements")
        counted.listen(board, dice.uniform(0.0, 2.0))
        board.cut()
        cut = time.monotonic()
        # What was on its way through the serial line was said before the cut.
        time.sleep(0.5)
        known.hear(board, since)
    state = card.state_after_cut()
    state.recover()
    check(state, known)
    return counted.check(state, folder, cut)


def check(state: State, known: Acknowledged) -> None:
    """All that was acknowledged is on the card."""
    there = set(state.list("/marks"))
    if not known.marks <= there:
        raise PiError(f"files were lost: {sorted(known.marks - there)}; see the options of the state partition")
    for name in sorted(known.marks, key=int)[-_NEWEST:]:
        if state.read(f"/marks/{name}").strip() != name:
            raise PiError(f"the file {name} was written and is not whole")
    place = state.link("/sortd.toml")
    text = state.read(f"/{place}" if place else "/sortd.toml")
    holds = [line for line in text.splitlines() if line.startswith("hold-ms = ")]
    if len(holds) != 1 or text != _configuration(int(holds[0].split()[-1])):
        raise PiError(f"the configuration is not whole: {len(text)} bytes with {holds}")
    if int(holds[0].split()[-1]) < known.taken:
        raise PiError(f"the configuration {known.taken} was acknowledged, and {holds[0]} is there")
