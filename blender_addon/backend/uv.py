"""The pinned uv that builds the backend's environment (https://docs.astral.sh/uv). No bpy.

Its wheels are zip files with one program in them; each is pinned by its sha256.
"""

from __future__ import annotations

import html
import http.client
import os
import platform
import re
import shutil
import urllib.parse
import urllib.request
import zipfile
import zlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from wt_backend.protocol import BackendError

from .download import STALL, download

VERSION = "0.13.9"
HOST = "https://files.pythonhosted.org/packages"
OVERRIDE = "WT_UV"  # path of a uv to use instead


@dataclass(frozen=True)
class Wheel:
    """One platform's wheel: place on the package host, and sha256."""

    path: str
    sha256: str

    @property
    def name(self) -> str:
        """File name."""
        return self.path.rpartition("/")[2]


WHEELS = {
    ("Linux", "x86_64"): Wheel(
        "3d/aa/26d64642d808de4a652579ef950d7cd2d37f080a8babf9c67c6b75fc4c3f/"
        "uv-0.13.9-py3-none-manylinux_2_17_x86_64.manylinux2014_x86_64.whl",
        "d7f459fe4fd247d830351c75686d3996ace3c6f3f728eb0e85a30b7ada0cef19",
    ),
    ("Linux", "aarch64"): Wheel(
        "57/15/94b6cd62ac3ff6550288328e8035288875197cbc183f51554b266a69877b/"
        "uv-0.13.9-py3-none-manylinux_2_17_aarch64.manylinux2014_aarch64.musllinux_1_1_aarch64.whl",
        "5435c5ce14a56431208ca0996416d310f1598e8c2c8ba707688985a16bb82dbe",
    ),
    ("Darwin", "arm64"): Wheel(
        "f3/a7/a8d7b074798c7fb3b26b37584b8fe2e29df2ccdc24ce7902caab2a53edbf/"
        "uv-0.13.9-py3-none-macosx_11_0_arm64.whl",
        "66c512266d633bef48384a1f53003f41f2a8e7b36fe6e7fbfd3e0fd52d96fa63",
    ),
    ("Darwin", "x86_64"): Wheel(
        "1e/db/08e9ef4879bd667e6d7b4705e594e5bd3e4585f10fc63cb16b9fa2fac63e/"
        "uv-0.13.9-py3-none-macosx_10_12_x86_64.whl",
        "c16ed11e013557536b3e60065f1b912f6407bd6518e041b961e23ef9e6b4fbf5",
    ),
    ("Windows", "AMD64"): Wheel(
        "dd/ef/ceeabf3631117f7354787d9fb1ffe943899e59ed4b887a696ed547e47e76/uv-0.13.9-py3-none-win_amd64.whl",
        "6a44b2ed8111d2f60d2b92627c5dccda3f7ed7570b18ce115e569cd68c28246b",
    ),
}


# What reading a zip file raises; RuntimeError: a method that Python has not, or a password.
_DAMAGED = (zipfile.BadZipFile, zlib.error, EOFError, RuntimeError, StopIteration, OSError)
_TAGS = {"Linux": "linux", "Darwin": "macosx", "Windows": "win"}  # in the names of wheels


def provide_uv(
    folder: Path,
    wheels: Path | None,
    progress: Callable[[int, int], None],
    cancelled: Callable[[], bool],
    index: str = "",
) -> Path:
    """The program: the one from an earlier time, from a folder of wheels, or downloaded.

    Parameters
    ----------
    folder : where it is kept.
    wheels : folder of wheels for an installation without network, else None.
    progress, cancelled : of the download.
    index : address of a package index to fetch it from, "" for PyPI's own files.

    Raises
    ------
    BackendError
        There is none for this machine, or it cannot be had.
    """
    if override := os.environ.get(OVERRIDE):
        return Path(override)
    program = folder / f"uv-{VERSION}{'.exe' if os.name == 'nt' else ''}"
    if program.is_file():
        return program
    folder.mkdir(parents=True, exist_ok=True)
    if wheels is not None:
        return _unpack(_in_folder(wheels), program)
    wheel = WHEELS.get((platform.system(), platform.machine()))
    if wheel is None:
        raise BackendError(
            "access",
            f"There is no backend for {platform.system()} on {platform.machine()}.",
            "Choose an existing Python with PyTorch in the preferences instead.",
        )
    archive = folder / wheel.name
    url = url_in_index(index, wheel.name) if index else f"{HOST}/{wheel.path}"
    download(url, archive, wheel.sha256, progress, cancelled)
    _unpack(archive, program)
    archive.unlink()
    return program


def package_index(chosen: str, variables: Mapping[str, str] = os.environ) -> str:
    """The index of the preferences, else the one that pip or uv would use; "" for their default.

    Raises
    ------
    BackendError
        The address holds a name or password, which would stand in logs; it is not repeated.
    """
    index = chosen or variables.get("UV_DEFAULT_INDEX", "") or variables.get("PIP_INDEX_URL", "")
    if "@" in urllib.parse.urlsplit(index).netloc:
        raise BackendError(
            "access",
            "The address of the package index holds a name or password, which would end up in log files.",
            "Choose an address without one in the preferences (it goes before $PIP_INDEX_URL), "
            "or a folder of wheels.",
        )
    return index


def url_in_index(index: str, wheel: str) -> str:
    """Address of uv's wheel on the pages of a package index (PEP 503).

    Raises
    ------
    BackendError
        The index cannot be read, or does not have the wheel.
    """
    page = f"{index.rstrip('/')}/uv/"
    try:
        with urllib.request.urlopen(page, timeout=STALL) as answer:
            page, text = answer.url, answer.read().decode("utf-8", "replace")
    except (OSError, ValueError, http.client.HTTPException) as error:
        raise BackendError(
            "network",
            f"The package index {page} cannot be read: {error}.",
            "Check the address in the preferences, the network and the proxy.",
        ) from error
    for link in re.findall(r"""href\s*=\s*["']([^"']+)""", text):
        address = urllib.parse.urljoin(page, html.unescape(link)).partition("#")[0]
        if urllib.parse.unquote(address).endswith(f"/{wheel}"):
            return address
    raise BackendError(
        "access", f"{page} does not offer {wheel}.", "Ask for that file there, or use a folder of wheels."
    )


def _in_folder(wheels: Path) -> Path:
    """The newest wheel of uv in a folder, which may serve several systems, that runs on this one."""
    found = [path for path in wheels.glob("uv-*.whl") if _runs_here(path)]
    if not found:
        system = f"{platform.system()} {platform.machine()}"
        raise BackendError(
            "bad_request",
            f"There is no uv wheel for {system} in {wheels}.",
            f"Put the wheel of uv {VERSION} for this system beside the others.",
        )
    return max(found, key=lambda path: [int(number) for number in re.findall(r"\d+", path.name)[:3]])


def _runs_here(wheel: Path) -> bool:
    tag = wheel.stem.rpartition("-")[2]
    return tag == "any" or (_TAGS.get(platform.system(), "") in tag and platform.machine().lower() in tag)


def _unpack(wheel: Path, program: Path) -> Path:
    name = "uv.exe" if os.name == "nt" else "uv"
    part = program.with_name(program.name + ".part")
    try:
        with zipfile.ZipFile(wheel) as archive:
            member = next(entry for entry in archive.namelist() if entry.endswith(f"/scripts/{name}"))
            with archive.open(member) as source, part.open("wb") as sink:
                shutil.copyfileobj(source, sink)
    except _DAMAGED as error:
        raise BackendError(
            "access", f"{wheel} cannot be unpacked: {error}.", "Delete it and try again."
        ) from error
    part.chmod(0o755)
    part.replace(program)
    return program
