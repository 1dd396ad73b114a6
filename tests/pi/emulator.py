"""An emulated Raspberry Pi 3: starts QEMU, and holds on to its serial lines, its monitor and its pins."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
from pathlib import Path
from types import TracebackType
from typing import Dict, List, Optional, Sequence, Type

from console import Console
from failure import PiError
from gpio_trace import FUNCTION_SELECT, LEVEL_WORD, TRACE_EVENT, GpioTrace
from monitor import Monitor

# The guest's clock counts instructions, four nanoseconds each: while it computes it may run ahead of the host's
# or behind, and an idle guest waits in the host's time. Where the host is busy the guest's time stands still
# with it, so that no deadline of the guest passes unnoticed.
_GUEST_TIME = "shift=2,sleep=on"
# Where the pins' registers of a Pi 3 lie.
GPIO = 0x3F200000
# QEMU connects at once; on a loaded machine it may take its time to load.
_CONNECT = 60.0


class Emulator:
    """A running `raspi3b`; ends with the block that it is used in.

    `console` is the first serial line (the kernel's), `questions` the second. `drive` is the image of an
    SD card, which is left as it was.
    """

    def __init__(
        self,
        kernel: Path,
        device_tree: Path,
        append: str,
        initrd: Optional[Path] = None,
        drive: Optional[Path] = None,
        qemu: str = "qemu-system-aarch64",
    ) -> None:
        if shutil.which(qemu) is None:
            raise PiError(f"{qemu} is missing; install it (Debian: qemu-system-arm)")
        # Without this, a test that is told to end would leave QEMU behind.
        signal.signal(signal.SIGTERM, lambda _signal, _frame: sys.exit(143))
        self._folder = Path(tempfile.mkdtemp(prefix="sortd-pi-"))
        self._output = self._folder / "qemu.log"
        pipe = self._folder / "gpio.trace"
        os.mkfifo(pipe)
        names = ("console", "questions", "monitor")
        listeners = {name: self._listen(name) for name in names}
        self.trace = GpioTrace(pipe)
        command = [qemu, "-M", "raspi3b", "-accel", "tcg,thread=single", "-display", "none", "-no-reboot"]
        command += ["-icount", _GUEST_TIME]
        command += ["-kernel", str(kernel), "-dtb", str(device_tree), "-append", append]
        command += ["-initrd", str(initrd)] if initrd else []
        command += ["-drive", f"file={drive},if=sd,format=raw,snapshot=on"] if drive else []
        command += ["-serial", self._unix("console"), "-serial", self._unix("questions")]
        command += ["-qmp", self._unix("monitor"), "-D", str(pipe), "-msg", "timestamp=on"]
        with self._output.open("wb") as output:
            self._process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=output, stderr=output)
        try:
            connections = {name: self._accept(name, listeners[name]) for name in names}
            self.monitor = Monitor(connections["monitor"])
        except PiError:
            self.stop()
            raise
        self.console = Console("the console", connections["console"])
        self.questions = Console("the line of questions", connections["questions"])

    def __enter__(self) -> Emulator:
        return self

    def __exit__(
        self, kind: Optional[Type[BaseException]], error: Optional[BaseException], where: Optional[TracebackType]
    ) -> None:
        self.stop()

    def stop(self) -> None:
        """Ends QEMU at once; nothing of the guest is kept."""
        self._process.kill()
        self._process.wait()
        shutil.rmtree(self._folder, ignore_errors=True)

    def trace_pins(self) -> None:
        """From now on every write to the pins is an event. Not before: booting writes a great deal."""
        self.trace.begin([self.monitor.read_word(GPIO + FUNCTION_SELECT + 4 * n) for n in range(4)])
        self.monitor.trace(TRACE_EVENT, True)

    def levels(self, pins: Sequence[int]) -> Dict[int, bool]:
        """Whether these pins are high, by the level register and not by what was written."""
        word = self.monitor.read_word(GPIO + LEVEL_WORD)
        return {pin: bool(word >> pin & 1) for pin in pins}

    def high(self, pins: Sequence[int]) -> List[int]:
        """Those of the pins that are high."""
        return [pin for pin, level in self.levels(pins).items() if level]

    def _listen(self, name: str) -> socket.socket:
        listener = socket.socket(socket.AF_UNIX)
        listener.bind(str(self._folder / name))
        listener.listen(1)
        listener.settimeout(0.2)
        return listener

    def _unix(self, name: str) -> str:
        return f"unix:{self._folder / name},server=off"

    def _accept(self, name: str, listener: socket.socket) -> socket.socket:
        # In short waits, so that a QEMU that refuses to start is noticed at once.
        for _ in range(int(_CONNECT / 0.2)):
            try:
                connection, _address = listener.accept()
            except socket.timeout:
                if self._process.poll() is not None:
                    break
                continue
            listener.close()
            connection.settimeout(None)
            return connection
        said = self._output.read_text(errors="replace").strip()
        raise PiError(f"QEMU did not start ({name}): {said or 'it said nothing'}")
