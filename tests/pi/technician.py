"""What a technician lays on the boot partition in these tests."""

from __future__ import annotations

from pathlib import Path

from failure import PiError

_SHIPPED = Path(__file__).resolve().parents[2] / "config" / "sortd.toml"
STATUS_PIN = 4
SMALLEST_HOLD = 4000

PASSWORD = "correct horse"
WIFI = f"country = DE\r\nnetwork = Workshop\r\npassword = {PASSWORD}\r\n".encode()
# As wpa_supplicant has it: the name in hexadecimal digits.
WIFI_TAKEN = "ssid=" + "Workshop".encode().hex()

# A word that is wrong, and where it stands in the text below.
_MISTAKE = "hold_ms"


def configuration(hold: int = SMALLEST_HOLD) -> str:
    """The shipped configuration for a real board, small pictures, a status light and an open page; `hold` tells it from others."""
    text = _SHIPPED.read_text()
    for shipped, wanted in (
        ('backend = "simulated"', 'backend = "rppal"'),
        ("# [status-led]\n# pin = 4", f"[status-led]\npin = {STATUS_PIN}"),
        ("width = 640\nheight = 480\nfps = 15", "width = 320\nheight = 180\nfps = 5"),
        (f"hold-ms = {SMALLEST_HOLD}", f"hold-ms = {hold}"),
        ('listen = "off"', 'listen = "lan"'),
    ):
        text = changed(text, shipped, wanted)
    return text


def changed(text: str, shipped: str, wanted: str) -> str:
    """The text with something else in place of what the shipped configuration has there."""
    if shipped not in text:
        raise PiError(f"{_SHIPPED.name} no longer has `{shipped}`; correct tests/pi")
    return text.replace(shipped, wanted)


def mistaken() -> str:
    """The same with a key that does not exist."""
    return configuration().replace("hold-ms", _MISTAKE)


def mistake_at() -> str:
    """Where the mistake is, as it must be told: file, line and column."""
    lines = mistaken().splitlines()
    line = next(number for number, text in enumerate(lines, 1) if text.startswith(_MISTAKE))
    return f"sortd.toml:{line}:1:"
