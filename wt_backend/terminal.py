"""What commands have in common: bounds of their numbers, progress of a job as lines of text."""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Callable
from typing import Any


def at_least(least: int) -> Callable[[str], int]:
    """Type of an argument: a whole number that is not below `least`."""

    def number(text: str) -> int:
        value = int(text)
        if value < least:
            raise argparse.ArgumentTypeError(f"{value} is below {least}")
        return value

    return number


class Stages:
    """Prints a line a stage with its time; on a terminal the running stage counts its steps."""

    def __init__(self) -> None:
        self._stage = ""
        self._start = 0.0

    def __call__(self, values: dict[str, Any]) -> None:
        """Take one report of a `Reporter`."""
        if values["stage"] != self._stage:
            self.close()
            self._stage, self._start = values["stage"], time.monotonic()
        if sys.stdout.isatty() and values["total"] > 1:
            eta = "" if values["eta_s"] is None else f", {values['eta_s']:.0f} s to go"
            print(f"\r{self._stage:8} {values['step']}/{values['total']}{eta} ", end="\x1b[K", flush=True)

    def close(self) -> None:
        """End the running stage."""
        if self._stage:
            start = "\r\x1b[K" if sys.stdout.isatty() else ""
            print(f"{start}{self._stage:8} {time.monotonic() - self._start:6.2f} s", flush=True)
        self._stage = ""
