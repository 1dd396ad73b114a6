"""A Pi that boots a whole card: Debian's kernel, systemd, and sortd as it is installed.

The shell that is asked here is a unit which is added to the copy of the image; the image has none.
"""

from __future__ import annotations

import itertools
import os
import shutil
import socket
import subprocess
import time
from pathlib import Path
from types import TracebackType
from typing import Dict, Optional, Sequence, Type

from card import Card, run
from console import Console
from failure import PiError
from monitor import Monitor

# An emulated Pi that shares two cores with others: only what fails waits for so long.
BOOT = 600.0
PATIENCE = 300.0
_CONNECT = 60.0
_GPIO_LEVELS = 0x3F200034

_SHELL = "test-shell.service"
# Raw, so that neither length nor control characters of a line matter. A question is a number and a
# command; its answer ends in a line with the number and the command's status. The answer goes through a
# pipe, since many programs shorten what they print on a terminal.
_SHELL_UNIT = """\
[Unit]
Description=The tests' shell
DefaultDependencies=no
StartLimitIntervalSec=0

[Service]
ExecStart=/bin/bash -c 'stty raw -echo; echo shell ready; while read -r number line; do (eval "$$line") </dev/null 2>&1 | cat; echo "$$number done $${PIPESTATUS[0]}"; done'
StandardInput=tty-force
StandardOutput=tty
TTYPath=/dev/ttyS1
Environment=PATH=/usr/sbin:/usr/bin:/sbin:/bin
StandardError=journal+console
# The line is there a while after systemd is.
Restart=always
RestartSec=1
"""
# The Pi's watchdog has no clock in QEMU and resets the board as soon as it is armed, so systemd leaves
# it alone in all runs but the one that looks at just that.
NO_WATCHDOG = "systemd.watchdog_sec=0"
# For runs that are only about the card: without what takes time and neither writes nor mounts, and without the
# report's second writer, at whose end the boot partition is closed.
CARD_ONLY = [f"systemd.mask={unit}.service" for unit in (
    "sortd", "sortd-takeover", "sortd-tell-wait", "sortd-tell", "systemd-networkd", "systemd-resolved", "systemd-timesyncd", "dbus",
)]  # fmt: skip


def prepare(card: Card) -> None:
    """Adds the tests' shell to a card."""
    card.add_unit(_SHELL, _SHELL_UNIT, "sysinit.target")


class Board:
    """A running `raspi3b` with a card in it."""

    def __init__(
        self, card: Card, folder: Path, extra: Sequence[str] = (NO_WATCHDOG,), serial: str = "", page: int = 0
    ) -> None:
        """`serial` is written into its device tree; what comes to the port `page` of the host goes to its page."""
        qemu = "qemu-system-aarch64"
        if shutil.which(qemu) is None:
            raise PiError(f"{qemu} is missing; install it (Debian: qemu-system-arm)")
        self._numbers = itertools.count(1)
        self._folder = folder
        self.began = time.monotonic()
        command = [qemu, "-M", "raspi3b", "-accel", "tcg,thread=single", "-display", "none", "-no-reboot"]
        for option, name in (("-kernel", "vmlinuz"), ("-initrd", "initrd.img"), ("-dtb", "bcm2837-rpi-3-b.dtb")):
            command += [option, str(card.get(name, folder / name))]
        if serial:
            run("fdtput", "-t", "s", str(folder / "bcm2837-rpi-3-b.dtb"), "/", "serial-number", serial)
        if page:
            forward = f"hostfwd=tcp:127.0.0.1:{page}-:80"
            command += ["-netdev", f"user,id=net,{forward}", "-device", "usb-net,netdev=net"]
        command += ["-append", _kernel_line(card.read("cmdline.txt"), extra)]
        # What the guest wrote is in the host's memory when the write returns, and outlives QEMU.
        command += ["-drive", f"file={card.file},if=sd,format=raw,cache=writeback"]
        names = ("console", "shell", "monitor")
        listeners = {name: self._listen(name) for name in names}
        command += ["-serial", self._unix("console"), "-serial", self._unix("shell"), "-qmp", self._unix("monitor")]
        with (folder / "qemu.log").open("wb") as output:
            self._process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=output, stderr=output)
        try:
            lines: Dict[str, socket.socket] = {name: self._accept(listeners[name]) for name in names}
            self.monitor = Monitor(lines["monitor"])
        except PiError:
            self.cut()
            raise
        self.console = Console("the console", lines["console"])
        self.shell = Console("the tests' shell", lines["shell"])

    def __enter__(self) -> Board:
        return self

    def __exit__(
        self, kind: Optional[Type[BaseException]], error: Optional[BaseException], where: Optional[TracebackType]
    ) -> None:
        self.cut()

    def cut(self) -> None:
        """Takes the power away."""
        self._process.kill()
        self._process.wait()

    def wait_reset(self, timeout: float) -> float:
        """Waits until the board resets itself; the seconds since it was switched on."""
        try:
            self._process.wait(timeout)
        except subprocess.TimeoutExpired:
            raise PiError(f"the board did not reset itself within {timeout:.0f} s") from None
        return time.monotonic() - self.began

    def wait_shell(self) -> None:
        """Waits until questions are answered."""
        self.shell.wait_for("the shell", lambda line: True if line.endswith("shell ready") else None, BOOT)

    def ask(self, command: str, timeout: float = PATIENCE) -> str:
        """Runs a command in the guest and returns what it printed; one that fails is an error."""
        status, said = self.try_ask(command, timeout)
        if status != 0:
            raise PiError(f"`{command}` failed in the guest with status {status}: {said}")
        return said

    def try_ask(self, command: str, timeout: float = PATIENCE) -> "tuple[int, str]":
        """The same, for commands that may fail."""
        number = next(self._numbers)
        since = self.shell.position()
        self.shell.send(f"{number} {command}\n")
        end = f"{number} done "
        status = self.shell.wait_for(
            f"the answer to `{command}`",
            lambda line: line.partition(end)[2] if end in line else None, timeout, since)  # fmt: skip
        said = "\n".join(line for line in self.shell.lines(since))
        return int(status), said.rpartition(end)[0].strip()

    def wait_until(self, what: str, command: str, timeout: float = BOOT) -> str:
        """Asks again and again until the command succeeds."""
        deadline = time.monotonic() + timeout
        while True:
            status, said = self.try_ask(command)
            if status == 0:
                return said
            if time.monotonic() > deadline:
                raise PiError(f"{timeout:.0f} s passed without {what}; `{command}` says: {said or 'nothing'}")
            # Each question costs the emulated board a second of its own work.
            time.sleep(5)

    def is_high(self, pin: int) -> bool:
        """Whether a pin is high, by the level register."""
        return bool(self.monitor.read_word(_GPIO_LEVELS) >> pin & 1)

    def _listen(self, name: str) -> socket.socket:
        path = self._folder / name
        path.unlink(missing_ok=True)
        listener = socket.socket(socket.AF_UNIX)
        listener.bind(str(path))
        listener.listen(1)
        listener.settimeout(0.2)
        return listener

    def _unix(self, name: str) -> str:
        return f"unix:{self._folder / name},server=off"

    def _accept(self, listener: socket.socket) -> socket.socket:
        deadline = time.monotonic() + _CONNECT
        while time.monotonic() < deadline and self._process.poll() is None:
            try:
                connection, _address = listener.accept()
            except socket.timeout:
                continue
            listener.close()
            connection.settimeout(None)
            return connection
        said = (self._folder / "qemu.log").read_text(errors="replace").strip()
        raise PiError(f"QEMU did not start: {said or 'it said nothing'}")


def _kernel_line(shipped: str, extra: Sequence[str]) -> str:
    """The image's own line, with the emulated board's serial line as the console."""
    words = [word for word in shipped.split() if not word.startswith(("console=", "panic="))]
    log = ["systemd.log_color=0", "systemd.show_status=0", "loglevel=4"]
    return " ".join(["console=ttyAMA0,115200", "panic=1", *words, *log, *extra])
