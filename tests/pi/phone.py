"""A phone in the bin's network: what its browser asks of the page, over the emulated board's network on USB."""

from __future__ import annotations

import http.client
import json
import socket
import time
from typing import Any, Dict, Optional

from failure import PiError

# QEMU's own network: the guest gets this address, and what comes to a port of the host goes there.
GUEST = "10.0.2.15"
_PATIENCE = 300.0


def free_port() -> int:
    """A port of the host at which nobody listens now."""
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return int(one.getsockname()[1])


class Phone:
    """A browser of its own cookie."""

    def __init__(self, port: int) -> None:
        self._port = port
        self._cookie: Optional[str] = None

    def try_ask(self, method: str, path: str, body: Optional[Dict[str, Any]] = None, host: str = GUEST) -> "tuple[int, bytes]":
        """Asks as a page of `host` does; the status and what was answered."""
        connection = http.client.HTTPConnection("127.0.0.1", self._port, timeout=_PATIENCE)
        headers = {"Host": host, "Origin": f"http://{host}", "X-Sortd": "1", "Content-Type": "application/json"}
        if self._cookie:
            headers["Cookie"] = self._cookie
        try:
            connection.request(method, path, json.dumps(body) if body is not None else None, headers)
            answer = connection.getresponse()
            cookie = answer.getheader("Set-Cookie")
            if cookie:
                self._cookie = cookie.split(";")[0]
            return answer.status, answer.read()
        finally:
            connection.close()

    def ask(self, method: str, path: str, body: Optional[Dict[str, Any]] = None) -> Any:
        """The same; anything but success is an error."""
        status, said = self.try_ask(method, path, body)
        if status != 200:
            raise PiError(f"{method} {path} was answered with {status}: {said.decode(errors='replace')[:300]}")
        return json.loads(said) if path.startswith("/api/") else said.decode()

    def wait_for_page(self) -> str:
        """The page, as soon as the board's network is there."""
        deadline = time.monotonic() + _PATIENCE
        while True:
            try:
                return self.ask("GET", "/")
            except (OSError, http.client.HTTPException) as error:
                if time.monotonic() > deadline:
                    raise PiError(f"no page within {_PATIENCE:.0f} s: {error}") from None
                time.sleep(2)
