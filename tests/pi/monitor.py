"""QEMU's monitor: what is asked of the emulator itself, from outside the guest."""

from __future__ import annotations

import json
import re
import socket
from typing import Any, Dict

from failure import PiError

# An answer takes milliseconds; a loaded machine may take longer.
_PATIENCE = 120.0


class Monitor:
    """Speaks QEMU's machine protocol on a connected socket."""

    def __init__(self, connection: socket.socket) -> None:
        connection.settimeout(_PATIENCE)
        self._stream = connection.makefile("rw", encoding="utf-8", newline="\n")
        self._receive()  # The greeting.
        self.execute("qmp_capabilities")

    def execute(self, command: str, **arguments: Any) -> Any:
        """Carries out a command and returns its answer."""
        self._stream.write(json.dumps({"execute": command, "arguments": arguments}) + "\n")
        self._stream.flush()
        while True:
            answer = self._receive()
            if "return" in answer:
                return answer["return"]
            if "error" in answer:
                raise PiError(f"QEMU refuses `{command}`: {answer['error'].get('desc')}; is this QEMU older than 7.2?")
            # Everything else is news that nobody asked for.

    def read_word(self, address: int) -> int:
        """A register of 32 bits, at a physical address."""
        text = self.execute("human-monitor-command", **{"command-line": f"xp /1wx {address:#x}"})
        value = re.search(r": 0x([0-9a-f]+)", text)
        if value is None:
            raise PiError(f"QEMU does not say what lies at {address:#x}: {text.strip()}")
        return int(value.group(1), 16)

    def trace(self, event: str, enable: bool) -> None:
        """Switches one of QEMU's trace events."""
        self.execute("trace-event-set-state", name=event, enable=enable)

    def _receive(self) -> Dict[str, Any]:
        try:
            line = self._stream.readline()
        except OSError as error:
            raise PiError(f"QEMU's monitor does not answer: {error}; the machine may be overloaded") from error
        if not line:
            raise PiError("QEMU ended while its monitor was asked; see what it printed")
        answer: Dict[str, Any] = json.loads(line)
        return answer
