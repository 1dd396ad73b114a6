"""An SD card for the emulated Pi: a copy of the image, and what is read and written on it from outside.

Nothing is mounted: mtools read the boot partition, and e2fsprogs the other two.
"""

from __future__ import annotations

import shutil
import struct
import subprocess
from pathlib import Path
from typing import List, Tuple

from failure import PiError

# The card's size must be a power of two; and larger than the image, so that there is room to grow.
CARD_BYTES = 2 << 30
_SECTOR = 512
BOOT, ROOT, STATE = 1, 2, 3
# Where Debian keeps them, which an ordinary user's search path may lack.
_SEARCH = "/usr/sbin:/sbin"


class Card:
    """A card in `folder`, made from an image."""

    def __init__(self, image: Path, folder: Path) -> None:
        if not image.is_file():
            raise PiError(f"there is no image at {image}; make it with `make image`, or name it in IMAGE")
        self.file = folder / "card.img"
        self._folder = folder
        run("cp", "--sparse=always", str(image), str(self.file))
        with self.file.open("r+b") as card:
            card.truncate(CARD_BYTES)

    def partition(self, number: int) -> Tuple[int, int]:
        """Where a partition begins and how long it is, in bytes."""
        with self.file.open("rb") as card:
            table = card.read(_SECTOR)
        start, sectors = struct.unpack_from("<II", table, 446 + 16 * (number - 1) + 8)
        return start * _SECTOR, sectors * _SECTOR

    # The boot partition, as a technician's laptop sees it.

    def get(self, name: str, into: Path) -> Path:
        """Copies a file of the boot partition."""
        run("mcopy", "-n", "-o", "-i", self._boot(), f"::/{name}", str(into))
        return into

    def read(self, name: str) -> str:
        """The text of a file of the boot partition."""
        return self.get(name, self._folder / "read").read_text(errors="replace")

    def put(self, name: str, content: bytes) -> None:
        """Writes a file onto the boot partition."""
        draft = self._folder / "put"
        draft.write_bytes(content)
        self.put_file(name, draft)

    def put_file(self, name: str, file: Path) -> None:
        """Copies a file onto the boot partition."""
        run("mcopy", "-n", "-o", "-i", self._boot(), str(file), f"::/{name}")

    def put_folder(self, folder: Path) -> None:
        """Copies a folder and all in it onto the boot partition; what is in the one of its name there stays."""
        run("mcopy", "-n", "-o", "-s", "-i", self._boot(), str(folder), "::/")

    def _boot(self) -> str:
        return f"{self.file}@@{self.partition(BOOT)[0]}"

    # The root partition.

    def add_unit(self, name: str, text: str, wanted_by: str) -> None:
        """Adds an enabled unit to the root of this card."""
        draft = self._folder / name
        draft.write_text(text)
        units = "/etc/systemd/system"
        wants = f"{units}/{wanted_by}.wants"
        orders = [f"write {draft} {units}/{name}", f"mkdir {wants}", f"symlink {wants}/{name} {units}/{name}"]
        device = f"{self.file}?offset={self.partition(ROOT)[0]}"
        script = self._folder / "orders"
        script.write_text("\n".join(orders) + "\n")
        run("debugfs", "-w", "-f", str(script), device)

    # The state partition.

    def state_after_cut(self) -> State:
        """A copy of the state partition as it is now, whatever was being written."""
        start, length = self.partition(STATE)
        copy = self._folder / "state.img"
        copy.unlink(missing_ok=True)
        run("dd", f"if={self.file}", f"of={copy}", "bs=1M", f"skip={start}", f"count={length}",
            "iflag=skip_bytes,count_bytes", "conv=sparse", "status=none")  # fmt: skip
        return State(copy)


class State:
    """A state partition that was copied from a card."""

    def __init__(self, file: Path) -> None:
        self._file = file

    def recover(self) -> None:
        """Plays the journal back, as mounting would; after that nothing may be left to repair."""
        # In preen mode: 1 says that the journal was played back, anything else that more was wrong.
        status, said = _status("e2fsck", "-p", str(self._file))
        if status not in (0, 1):
            raise PiError(f"the state partition does not come back by its journal alone (e2fsck {status}): {said}")
        status, said = _status("e2fsck", "-f", "-n", str(self._file))
        if status != 0:
            raise PiError(f"the state partition is damaged (e2fsck {status}): {said}")

    def read(self, name: str) -> str:
        """The text of a file, or nothing."""
        return run("debugfs", "-R", f"cat {name}", str(self._file))

    def dump(self, name: str, into: Path) -> None:
        """Copies a file out, if it is there."""
        into.unlink(missing_ok=True)
        if name.rpartition("/")[2] in self.list(name.rpartition("/")[0]):
            run("debugfs", "-R", f"dump {name} {into}", str(self._file))

    def list(self, name: str) -> List[str]:
        """The names in a folder."""
        lines = run("debugfs", "-R", f"ls -p {name}", str(self._file)).splitlines()
        names = [line.split("/")[5] for line in lines if line.count("/") >= 6]
        return [name for name in names if name not in (".", "..")]

    def link(self, name: str) -> str:
        """Where a symbolic link leads, or nothing."""
        said = run("debugfs", "-R", f"stat {name}", str(self._file))
        _, found, rest = said.partition('Fast link dest: "')
        return rest.split('"')[0] if found else ""


def run(*command: str) -> str:
    """Runs a program of the host; one that fails is an error."""
    status, said = _status(*command)
    if status != 0:
        raise PiError(f"`{' '.join(command[:3])} ...` failed with {status}: {said}")
    return said


def _status(*command: str) -> Tuple[int, str]:
    program = shutil.which(command[0]) or shutil.which(command[0], path=_SEARCH)
    if program is None:
        raise PiError(f"{command[0]} is missing; install mtools and e2fsprogs")
    done = subprocess.run([program, *command[1:]], capture_output=True, check=False, stdin=subprocess.DEVNULL)
    error = done.stderr.decode(errors="replace").strip()
    said = done.stdout.decode(errors="replace")
    return done.returncode, said if done.returncode == 0 else f"{said.strip()} {error}".strip()
