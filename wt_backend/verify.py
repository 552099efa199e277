"""`python -m wt_backend verify DIR`: numeric parity with fixtures of the official code.

The folder's ``golden.json`` says what there is (format ``wt-dit-golden-1``): families of networks with
weights, inputs and intermediate tensors, single components, key lists of full-size checkpoints. Every tensor
is either an input or compared; one that is missing, or that nothing here knows, is a failure too.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from safetensors import SafetensorError
from safetensors.torch import load_file
from torch import Tensor

from wt_backend.parity.components import verify_components
from wt_backend.parity.keys import key_problems
from wt_backend.parity.ledger import Check, Ledger
from wt_backend.parity.network import STATE, verify_family

FORMAT = "wt-dit-golden-1"
TOLERANCE = 1e-5


@dataclass
class Report:
    """What a verification found: errors per tensor, everything that could not be compared, the files read."""

    checks: list[Check] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)
    files: list[Path] = field(default_factory=list)

    @property
    def worst(self) -> Check | None:
        """The check with the largest error."""
        return max(self.checks, key=lambda check: check.error, default=None)

    def passed(self, tolerance: float = TOLERANCE) -> bool:
        """Whether something was compared, nothing was missing, and all errors are within the tolerance."""
        return bool(self.checks) and not self.problems and all(c.error <= tolerance for c in self.checks)


def verify_folder(folder: str | Path) -> Report:
    """Verify a folder in the fixture format.

    Raises
    ------
    FileNotFoundError, ValueError
        There is no readable ``golden.json`` of the known format.
    """
    folder = Path(folder)
    description = json.loads((folder / "golden.json").read_text(encoding="utf-8"))
    if not isinstance(description, dict):
        raise ValueError(f"{folder / 'golden.json'} describes nothing.")
    families, keys = description.get("families", {}), description.get("keys", {})
    tables = [families, keys, description.get("components", {})]
    if not all(isinstance(table, dict) for table in tables):
        raise ValueError(f"families, components and keys of {folder / 'golden.json'} must be tables.")
    if description.get("format") != FORMAT:
        raise ValueError(
            f"{folder / 'golden.json'} has format {description.get('format')!r}, not {FORMAT!r}."
        )
    report = Report()
    for name, family in families.items():
        _verify_file(report, folder, name, family, verify_family)
    if "components" in description:
        _verify_file(report, folder, "components", description["components"], verify_components)
    for name, file in keys.items():
        found = key_problems(name, folder / file)
        report.problems += found
        report.checks.append(Check(f"keys.{name}", float(len(found))))
    named = {*keys.values(), *(path.name for path in report.files)}
    report.problems += [
        f"{path.name} is mentioned nowhere in golden.json"
        for pattern in ("*.safetensors", "*.json.gz")
        for path in sorted(folder.glob(pattern))
        if path.name not in named
    ]
    return report


def _verify_file(
    report: Report,
    folder: Path,
    name: str,
    described: dict[str, Any],
    verify: Callable[[Ledger, dict[str, Any]], None],
) -> None:
    """One tensor file: described tensors present, all of them known, all compared."""
    path = folder / described.get("file", f"{name}.safetensors")
    report.files.append(path)
    try:
        golden = load_file(str(path))
    except (OSError, SafetensorError) as error:
        report.problems.append(f"{name}: {path} cannot be read: {error}")
        return
    ledger = Ledger(f"{name}.", golden)
    with ledger.part("description"):
        ledger.problems += _differing_description(name, described.get("tensors", {}), golden)
    with ledger.part("network" if verify is verify_family else "components"):
        verify(ledger, described)
    report.problems += ledger.finish()
    report.checks += ledger.checks


def _differing_description(
    name: str, described: Mapping[str, Any], golden: Mapping[str, Tensor]
) -> list[str]:
    problems = []
    for tensor, (shape, dtype) in described.items():
        if tensor not in golden:
            problems.append(f"{name}.{tensor} is missing")
        elif [list(golden[tensor].shape), str(golden[tensor].dtype)] != [shape, f"torch.{dtype}"]:
            problems.append(f"{name}.{tensor} is not {dtype} {shape} as described")
    if described:
        problems += [
            f"{name}.{tensor} is not described"
            for tensor in golden
            if tensor not in described and not tensor.startswith(STATE)
        ]
    return problems


def main(argv: list[str] | None = None) -> int:
    """Command line. Returns 0 where everything agrees, 1 where not."""
    parser = argparse.ArgumentParser(prog="python -m wt_backend verify", description=__doc__)
    parser.add_argument("folder", type=Path, help="folder with golden.json")
    parser.add_argument("--tolerance", type=float, default=TOLERANCE, help="relative error allowed (1e-5)")
    arguments = parser.parse_args(argv)
    try:
        report = verify_folder(arguments.folder)
    except (OSError, ValueError) as error:
        print(f"{arguments.folder} is no folder of fixtures: {error}", file=sys.stderr)
        return 1
    width = max((len(check.name) for check in report.checks), default=0)
    for check in report.checks:
        mark = "" if check.error <= arguments.tolerance else "  FAILED"
        print(f"{check.name:{width}}  {check.error:.2e}{mark}")
    for problem in report.problems:
        print(f"PROBLEM {problem}")
    worst = report.worst
    if worst is not None:
        print(f"{len(report.checks)} tensors, worst {worst.name} {worst.error:.2e}")
    return 0 if report.passed(arguments.tolerance) else 1


if __name__ == "__main__":
    sys.exit(main())
