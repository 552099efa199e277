"""Book-keeping of a comparison: what was compared, how far it is off, what was never looked at."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from torch import Tensor


@dataclass(frozen=True)
class Check:
    """One compared tensor; the error is relative to the largest absolute value of the golden tensor."""

    name: str
    error: float


class MissingTensor(Exception):
    """A fixture lacks a tensor that the comparison needs."""


# What strange shapes and descriptions, which come from outside, can raise.
UNUSABLE = (MissingTensor, RuntimeError, ValueError, LookupError, TypeError)


class Ledger:
    """Golden tensors of one file, struck off as they are used.

    Parameters
    ----------
    prefix
        Put in front of names in the report.
    golden
        The file's tensors.
    """

    def __init__(self, prefix: str, golden: Mapping[str, Tensor]) -> None:
        self.prefix = prefix
        self.golden = golden
        self.unused = set(golden)
        self.checks: list[Check] = []
        self.problems: list[str] = []
        self.abandoned = False

    @contextmanager
    def part(self, name: str) -> Iterator[None]:
        """A part of the comparison: what makes it impossible is noted, and the other parts go on."""
        try:
            yield
        except UNUSABLE as error:
            self.abandoned = True
            self.problems.append(f"{self.prefix}{name}: {type(error).__name__}: {error}")

    def finish(self) -> list[str]:
        """Everything that was found besides differing numbers."""
        why = "was not compared" if self.abandoned else "is unknown here"
        return self.problems + [f"{self.prefix}{name} {why}" for name in sorted(self.unused)]

    def take(self, name: str) -> Tensor:
        """A tensor that serves as input."""
        if name not in self.golden:
            raise MissingTensor(f"{self.prefix}{name} is missing")
        self.unused.discard(name)
        return self.golden[name]

    def array(self, name: str) -> Any:
        """The same as a numpy array."""
        return self.take(name).numpy()

    def has(self, name: str) -> bool:
        """Whether the file holds a tensor."""
        return name in self.golden

    def numbered(self, stem: str) -> list[str]:
        """Names ``stem`` + anything, shorter ones first, so that 10 follows 9."""
        return sorted((name for name in self.golden if name.startswith(stem)), key=lambda n: (len(n), n))

    def compare(self, name: str, value: Any) -> None:
        """Compare a result with the golden tensor of that name, if there is one."""
        if name not in self.golden:
            return
        self.unused.discard(name)
        result = torch.from_numpy(np.array(value)) if not isinstance(value, Tensor) else value
        self.checks.append(Check(self.prefix + name, relative_error(result, self.golden[name])))

    def require(self, name: str, holds: bool) -> None:
        """Note a tensor that must be treated in a certain way, and is not."""
        self.checks.append(Check(self.prefix + name, 0.0 if holds else float("inf")))


def relative_error(value: Tensor, golden: Tensor) -> float:
    """max |value − golden| / max |golden|; infinite where shapes differ or a value is not finite."""
    if value.shape != golden.shape:
        if value.numel() != golden.numel():
            return float("inf")
        value = value.reshape(golden.shape)
    if golden.numel() == 0:
        return 0.0
    difference = (value.double() - golden.double()).abs().max().item()
    largest = golden.double().abs().max().item()
    error = difference / largest if largest > 0 else difference
    return error if np.isfinite(error) else float("inf")
