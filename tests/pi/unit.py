"""What systemd would do, read from the unit that ships, so that the tests follow it."""

from __future__ import annotations

from pathlib import Path
from typing import Dict

from failure import PiError

UNIT = Path(__file__).resolve().parents[2] / "systemd" / "sortd.service"


class Unit:
    """The keys of the unit's [Service]."""

    def __init__(self, file: Path = UNIT) -> None:
        self._file = file
        self._keys: Dict[str, str] = {}
        section = ""
        for line in file.read_text().splitlines():
            if line.startswith("["):
                section = line
            elif section == "[Service]" and "=" in line and not line.startswith(("#", ";")):
                key, _, value = line.partition("=")
                self._keys[key.strip()] = value.strip()

    def __getitem__(self, key: str) -> str:
        try:
            return self._keys[key]
        except KeyError:
            raise PiError(f"{self._file.name} has no {key}=, which these tests rely on") from None

    def stop_seconds(self) -> float:
        """How long the daemon may take to stop before systemd kills it."""
        return float(self["TimeoutStopSec"].removesuffix("s"))

    def for_supervise(self) -> str:
        """The guest's /etc/unit, which guest/supervise reads."""
        if self["Restart"] != "on-failure":
            raise PiError(f"{self._file.name} says Restart={self['Restart']}; guest/supervise does on-failure")
        commands = {"START": "ExecStart", "STOP_POST": "ExecStopPost"}
        lines = [f'{name}="{self[key]}"' for name, key in commands.items()]
        return "\n".join([*lines, ""])
