"""The one exception of these tests: something about the emulated Pi is not as it should be."""

from __future__ import annotations


class PiError(Exception):
    """Says what happened, where, and what to do next."""
