"""Writes the guest's first file system: an archive that the kernel unpacks into memory.

The format is cpio's `newc` (Linux, Documentation/driver-api/early-userspace/buffer-format.rst). It is
written here because cpio would want root for the device that the kernel needs before /dev is there, and
it is not compressed because an emulated processor takes longer to unpack than to copy.
"""

from __future__ import annotations

from pathlib import Path
from typing import BinaryIO, List, Set

_DIRECTORY, _FILE, _CHARACTER, _LINK = 0o040755, 0o100644, 0o020600, 0o120777


class Initramfs:
    """An archive that is being put together."""

    def __init__(self, file: Path) -> None:
        self._out: BinaryIO = file.open("wb")
        self._number = 0
        self._folders: Set[str] = set()
        for folder in ("dev", "proc", "sys", "run", "tmp", "var/lib"):
            self._folder(folder)
        # The kernel opens it for the first program, before anything is mounted.
        self._entry("dev/console", _CHARACTER, device=(5, 1))

    def add(self, name: str, content: bytes, executable: bool = False) -> None:
        """A file."""
        self._folder(name.rpartition("/")[0])
        self._entry(name, _FILE | (0o111 if executable else 0), content)

    def add_file(self, name: str, source: Path) -> None:
        """A file of the host; what may be run there may be run in the guest."""
        self.add(name, source.read_bytes(), bool(source.stat().st_mode & 0o100))

    def add_folder(self, name: str, source: Path) -> None:
        """All files of a folder of the host."""
        for file in sorted(source.iterdir()):
            self.add_file(f"{name}/{file.name}", file)

    def link(self, name: str, target: str) -> None:
        """A symbolic link."""
        self._folder(name.rpartition("/")[0])
        self._entry(name, _LINK, target.encode())

    def close(self) -> None:
        """Ends the archive."""
        self._entry("TRAILER!!!", 0)
        self._out.close()

    def _folder(self, name: str) -> None:
        parts: List[str] = []
        for part in filter(None, name.split("/")):
            parts.append(part)
            path = "/".join(parts)
            if path not in self._folders:
                self._folders.add(path)
                self._entry(path, _DIRECTORY)

    def _entry(self, name: str, mode: int, content: bytes = b"", device: "tuple[int, int]" = (0, 0)) -> None:
        self._number += 1
        encoded = name.encode() + b"\0"
        fields = [self._number, mode, 0, 0, 1, 0, len(content), 0, 0, *device, len(encoded), 0]
        header = b"070701" + b"".join(b"%08X" % field for field in fields)
        self._out.write(_padded(header + encoded) + _padded(content))


def _padded(data: bytes) -> bytes:
    return data + bytes(-len(data) % 4)
