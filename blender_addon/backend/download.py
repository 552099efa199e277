"""Downloading one file: resumed where it broke off, verified before it counts. Standard library, no bpy."""

from __future__ import annotations

import hashlib
import http.client
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Callable
from http import HTTPStatus
from pathlib import Path

from wt_backend.protocol import BackendError

CHUNK = 1 << 18
STALL = 30.0  # seconds without a byte
TRIES = 3


def download(
    url: str,
    target: Path,
    sha256: str,
    progress: Callable[[int, int], None],
    cancelled: Callable[[], bool],
) -> None:
    """Download `url` to `target`; what came before stays in a `.part` file for the next time.

    Proxies come from the environment and the system, as urllib finds them.

    Parameters
    ----------
    progress : called with (bytes so far, bytes in all; 0 if unknown).
    cancelled : asked between chunks.

    Raises
    ------
    BackendError
        Kinds `network`, `cancelled`, `disk_full`, `bad_output`.
    """
    part = target.with_name(target.name + ".part")
    failure: OSError | http.client.HTTPException | None = None
    for _ in range(TRIES):
        try:
            _fetch(url, part, progress, cancelled)
        except (urllib.error.URLError, TimeoutError, ConnectionError, http.client.HTTPException) as error:
            failure = error
            continue
        if _sha256(part) == sha256:
            part.replace(target)
            return
        part.unlink()  # damaged on the way, or the rest of another version: from the start again
        failure = OSError("the download is damaged")
    reason = failure if isinstance(failure, urllib.error.HTTPError) else getattr(failure, "reason", failure)
    place = urllib.parse.urlsplit(url)
    raise BackendError(
        "network",
        f"{place.path.rpartition('/')[2]} cannot be downloaded from {place.hostname}: {reason}.",
        "Check the network connection and proxy, then press Install again; it goes on where it stopped.",
    )


def _fetch(url: str, part: Path, progress: Callable[[int, int], None], cancelled: Callable[[], bool]) -> None:
    start = part.stat().st_size if part.exists() else 0
    request = urllib.request.Request(url, headers={"Range": f"bytes={start}-"} if start else {})
    try:
        response = urllib.request.urlopen(request, timeout=STALL)
    except urllib.error.HTTPError as error:
        if error.code != HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE:
            raise
        return  # the part is complete, or longer than the file: its hash tells
    with response:
        resumed = response.status == HTTPStatus.PARTIAL_CONTENT
        done = start if resumed else 0
        length = response.headers.get("Content-Length")
        total = done + int(length) if length else 0
        with part.open("ab" if resumed else "wb") as file:
            while chunk := response.read1(CHUNK):  # as it comes: a slow line takes long for a whole one
                if cancelled():
                    raise BackendError("cancelled", "The installation was cancelled.")
                file.write(chunk)
                done += len(chunk)
                progress(done, total)
    if done < total:
        raise ConnectionError("the connection broke off")


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
