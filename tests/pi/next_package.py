"""The next version of sortd's package: the same files under a higher number."""

from __future__ import annotations

import os
from pathlib import Path

from card import run
from failure import PiError

TARGET = Path(os.environ.get("CARGO_TARGET_DIR", str(Path(__file__).resolve().parents[2] / "target")))


def package() -> Path:
    """The package that DEB names, or the newest that was made."""
    if "DEB" in os.environ:
        return Path(os.environ["DEB"])
    made = sorted(TARGET.glob("packages/sortd_*_arm64.deb"), key=lambda file: file.stat().st_mtime)
    if not made:
        raise PiError(f"there is no package in {TARGET}/packages; make it with `make deb TARGET=aarch64`, or name it in DEB")
    return made[-1]


def next_package(folder: Path) -> Path:
    """Makes it in `folder`."""
    tree, file = folder / "next", folder / "next.deb"
    run("dpkg-deb", "--raw-extract", str(package()), str(tree))
    control = tree / "DEBIAN" / "control"
    lines = control.read_text().splitlines()
    lines = [f"{line}+next" if line.startswith("Version: ") else line for line in lines]
    control.write_text("\n".join(lines) + "\n")
    # Quickly packed, since an emulated Pi has to unpack it.
    run("dpkg-deb", "--root-owner-group", "-Zgzip", "-z1", "--build", str(tree), str(file))
    return file
