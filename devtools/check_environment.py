"""Run by the environment's own Python: print each pinned package that is missing, other or damaged.

A package counts as damaged when a file that its installer recorded is gone: an interrupted or half-deleted
environment is found out here in a fraction of a second, without importing anything heavy.
"""

from __future__ import annotations

import sys
from importlib.metadata import Distribution, PackageNotFoundError, distribution


def main(requirements: list[str]) -> None:
    """Print every requirement `name==version` that this Python does not hold completely."""
    for requirement in requirements:
        name, _, version = requirement.partition("==")
        try:
            found = distribution(name)
        except PackageNotFoundError:
            print(requirement)
            continue
        if found.version.partition("+")[0] != version or not complete(found):
            print(requirement)


def complete(package: Distribution) -> bool:
    """Whether every file that was recorded at installation is still there (byte code may be made anew)."""
    return all(
        str(file).endswith(".pyc") or package.locate_file(file).exists()  # type: ignore[attr-defined]
        for file in package.files or ()
    )


if __name__ == "__main__":
    main(sys.argv[1:])
