"""Weights from the Hugging Face Hub: found in its cache, or downloaded by its own client.

Cache folder, token, endpoint, offline mode and resuming are those of ``huggingface_hub`` (HF_HOME, HF_TOKEN,
HF_ENDPOINT, HF_HUB_OFFLINE). This module adds checks before and after, and says what went wrong.
"""

from __future__ import annotations

import re
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

from huggingface_hub import (
    constants,
    get_hf_file_metadata,
    get_token,
    hf_hub_download,
    hf_hub_url,
)
from huggingface_hub.errors import (
    EntryNotFoundError,
    GatedRepoError,
    HfHubHTTPError,
    HTTPError,
    LocalEntryNotFoundError,
    OfflineModeIsEnabled,
    RepositoryNotFoundError,
)
from huggingface_hub.utils import tqdm

from wt_backend.checkpoints.files import sha256_of
from wt_backend.checkpoints.registry import Source, cached, repository_folder
from wt_backend.protocol import BackendError

OnBytes = Callable[[int, int], None]

SPARE_BYTES = 1 << 28  # left free on the disk
SHA256 = re.compile(r"[0-9a-f]{64}")
AGAIN = "Start the download again; it goes on where it stopped."


def locate(source: Source, download_missing: bool) -> Path:
    """The file on this machine, downloaded only if that is allowed.

    Raises
    ------
    BackendError
        kind "model_missing", or those of :func:`download`.
    """
    path = cached(source)
    if path is not None:
        return path
    if not download_missing:
        raise BackendError(
            "model_missing",
            f"The weights {source.repository}/{source.filename} are not on this machine.",
            "Download them in the add-on's preferences, or with `python -m wt_backend models download NAME`; "
            "both show the licence and the size first.",
        )
    return download(source)


def download(source: Source, on_bytes: OnBytes | None = None) -> Path:
    """Download a file into the Hub's cache, or finish a download that was interrupted.

    Parameters
    ----------
    on_bytes
        Called with (bytes done, bytes in all); what it raises ends the download, which can resume later.

    Raises
    ------
    BackendError
        kind "access" (no token, or access not granted), "network" (no connection, offline mode,
        interrupted), "disk_full", "model_missing" (no such file), "model_damaged" (altered on the way).
    """
    page = f"{constants.ENDPOINT}/{source.repository}"
    reached = False
    try:
        metadata = get_hf_file_metadata(hf_hub_url(source.repository, source.filename), token=get_token())
        reached = True
        _check_space(source, metadata.size)
        path = Path(hf_hub_download(source.repository, source.filename, tqdm_class=_progress_class(on_bytes)))
    except GatedRepoError as error:
        raise _no_access(source, page, "access has not been granted yet", error) from error
    except RepositoryNotFoundError as error:
        raise _no_access(source, page, "the Hub does not show it to this token", error) from error
    except (LocalEntryNotFoundError, OfflineModeIsEnabled) as error:
        raise _no_network(source, reached, error) from error
    except EntryNotFoundError as error:
        raise BackendError(
            "model_missing",
            f"{source.repository} has no file {source.filename}.",
            f"Look at {page}/tree/main for the file's name.",
            log=str(error),
        ) from error
    except HfHubHTTPError as error:
        if error.response is not None and error.response.status_code in (401, 403):
            raise _no_access(source, page, "the Hub refused it", error) from error
        raise _no_network(source, reached, error) from error
    except HTTPError as error:
        raise _no_network(source, reached, error) from error
    except OSError as error:
        raise _file_error(source, error) from error
    _check_content(path)
    return path


def verify(source: Source) -> bool:
    """Whether a downloaded file is still the published one, as far as its name in the cache tells."""
    path = cached(source)
    if path is None:
        return False
    expected = path.resolve().name
    return SHA256.fullmatch(expected) is None or sha256_of(path) == expected


def _check_space(source: Source, size: int | None) -> None:
    """Room for what is still missing of a download, and some to spare."""
    if size is None:
        return
    partial = (repository_folder(source) / "blobs").glob("*.incomplete")
    needed = size - sum(path.stat().st_size for path in partial) + SPARE_BYTES
    folder = Path(constants.HF_HUB_CACHE)
    while not folder.exists():
        folder = folder.parent
    free = shutil.disk_usage(folder).free
    if free < needed:
        raise BackendError(
            "disk_full",
            f"The download needs {needed / 1e9:.1f} GB and {folder} has {free / 1e9:.1f} GB free.",
            "Make room, or choose a folder on another disk (in the add-on's preferences, or HF_HOME).",
        )


def _check_content(path: Path) -> None:
    """Large files are named by their sha256 in the Hub's cache: compare."""
    blob = path.resolve()
    if SHA256.fullmatch(blob.name) is None or sha256_of(blob) == blob.name:
        return
    blob.unlink()
    path.unlink(missing_ok=True)
    raise BackendError(
        "model_damaged",
        f"The downloaded file {path.name} is not the one that was published; it has been removed.",
        "Download it again. If it happens twice, something between you and the Hub alters files.",
    )


def _no_access(source: Source, page: str, what: str, error: Exception) -> BackendError:
    signed_in = get_token() is not None
    hint = f"Ask for access at {page}" + (
        " with the account of your token; check that the token is whole and valid."
        if signed_in
        else ", then put your access token into the add-on's preferences, or into HF_TOKEN."
    )
    reason = what if signed_in else "there is no access token"
    return BackendError(
        "access", f"{source.repository} cannot be downloaded: {reason}.", hint, log=str(error)
    )


def _no_network(source: Source, reached: bool, error: Exception) -> BackendError:
    if constants.HF_HUB_OFFLINE:
        return BackendError(
            "network",
            f"{source.repository} is not on this machine and offline mode is on.",
            "Unset HF_HUB_OFFLINE, or copy the file here and choose it as a local file.",
            log=str(error),
        )
    if isinstance(error, HfHubHTTPError) and error.response is not None:
        status = error.response.status_code
        return BackendError(
            "network",
            f"{constants.ENDPOINT} answers with error {status}.",
            f"Wait a little. {AGAIN}",
            log=str(error),
        )
    if not reached:
        return BackendError(
            "network",
            f"{constants.ENDPOINT} cannot be reached.",
            "Check the network connection, then start the download again.",
            log=str(error),
        )
    return BackendError(
        "network", f"The download of {source.repository} was interrupted.", AGAIN, log=str(error)
    )


def _file_error(source: Source, error: OSError) -> BackendError:
    if error.errno == 28:
        return BackendError("disk_full", "The disk is full.", f"Make room. {AGAIN}", log=str(error))
    if "Consistency check" in str(error):
        return BackendError(
            "model_damaged", f"{source.filename} arrived with the wrong size.", AGAIN, log=str(error)
        )
    return BackendError(
        "network", f"The download of {source.repository} failed: {error}.", AGAIN, log=str(error)
    )


def _progress_class(on_bytes: OnBytes | None) -> type[tqdm]:
    """A silent progress bar that reports to a callback."""

    class Report(tqdm):
        def __init__(self, *arguments: Any, **options: Any) -> None:
            super().__init__(*arguments, **(options | {"disable": True}))
            self.done = options.get("initial") or 0

        def update(self, n: float | None = 1) -> bool | None:
            self.done += int(n or 0)
            if on_bytes is not None:
                on_bytes(self.done, int(self.total or 0))
            return None

    return Report
