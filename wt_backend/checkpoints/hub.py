"""Weights from the Hugging Face Hub: found in its cache, or downloaded by its own client.

Cache folder, token, endpoint, offline mode and transfer are those of ``huggingface_hub`` (HF_HOME, HF_TOKEN,
HF_ENDPOINT, HF_HUB_OFFLINE). This module adds checks before and after, keeps what an interrupted attempt has
brought (the client goes on within one call, but throws its part away when the call ends), and says what went
wrong.
"""

from __future__ import annotations

import re
import shutil
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

from filelock import Timeout
from huggingface_hub import (
    HfFileMetadata,
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
    HFValidationError,
    HTTPError,
    LocalEntryNotFoundError,
    OfflineModeIsEnabled,
    RepositoryNotFoundError,
)
from huggingface_hub.file_download import are_symlinks_supported, http_get
from huggingface_hub.utils import WeakFileLock, build_hf_headers, tqdm

from wt_backend.checkpoints.files import sha256_of
from wt_backend.checkpoints.registry import Source, cached, repository_folder
from wt_backend.memory import is_disk_full
from wt_backend.protocol import BackendError

OnBytes = Callable[[int, int], None]

LOOK = 0.5  # seconds between two looks at what another process downloads
SPARE_BYTES = 1 << 28  # left free on the disk
SHA256 = re.compile(r"[0-9a-f]{64}")
AGAIN = "Start the download again; it goes on where it stopped."


def download(source: Source, on_bytes: OnBytes) -> tuple[Path, str]:
    """Download a file into the Hub's cache, or finish a download that was interrupted.

    Parameters
    ----------
    on_bytes
        Called with (bytes done, bytes in all); what it raises ends the download, which can resume later.

    Returns
    -------
    (Path, str)
        The file and its sha256.

    Raises
    ------
    BackendError
        kind "bad_request" (no name of a repository), "access" (no token, or access not granted), "network"
        (no connection, offline mode, interrupted), "disk_full", "model_missing" (no such file),
        "model_damaged" (altered on the way).
    """
    with _explained(source, reached=False):
        metadata = _metadata(source)
    with _explained(source, reached=True):
        _fetch(source, metadata, on_bytes)
        path = Path(hf_hub_download(source.repository, source.filename))  # finds it, and notes the revision
    return path, _checked(path, metadata.etag)


def verify(source: Source) -> bool:
    """Whether a downloaded file is still the published one, as far as the Hub names its content."""
    path = cached(source)
    if path is None:
        return False
    if path.is_symlink():
        return _is_content(sha256_of(path), path.resolve().name)
    with _explained(source, reached=False):  # without links, as on most Windows machines, no name tells: ask
        etag = _metadata(source).etag
    return _is_content(sha256_of(path), etag)


def _metadata(source: Source) -> HfFileMetadata:
    return get_hf_file_metadata(hf_hub_url(source.repository, source.filename), token=get_token())


def _fetch(source: Source, metadata: HfFileMetadata, on_bytes: OnBytes) -> None:
    """Put the file where the Hub's client would, after what an earlier attempt has left."""
    if metadata.etag is None or metadata.commit_hash is None or metadata.size is None:
        raise OSError(f"{constants.ENDPOINT} does not answer like the Hub")
    size, folder = metadata.size, repository_folder(source)
    blob = folder / "blobs" / metadata.etag
    pointer = folder / "snapshots" / metadata.commit_hash / source.filename
    target = blob if are_symlinks_supported(constants.HF_HUB_CACHE) else pointer
    part = blob.with_name(f"{metadata.etag}.incomplete")
    lock = Path(constants.HF_HUB_CACHE) / ".locks" / folder.name / f"{metadata.etag}.lock"
    for place in (part.parent, lock.parent):
        place.mkdir(parents=True, exist_ok=True)
    with _alone(lock, lambda: on_bytes(_size(part), size)):
        if blob.exists() or pointer.exists():
            return
        done = _size(part)
        _check_space(size - done)
        with part.open("ab" if done <= size else "wb") as file:
            if file.tell() < size:
                http_get(
                    hf_hub_url(source.repository, source.filename, revision=metadata.commit_hash),
                    file,
                    resume_size=file.tell(),
                    headers=build_hf_headers(token=get_token()),
                    expected_size=size,
                    tqdm_class=_progress_class(on_bytes),
                )
        target.parent.mkdir(parents=True, exist_ok=True)
        part.replace(target)


@contextmanager
def _alone(lock: Path, waiting: Callable[[], object]) -> Iterator[None]:
    """Hold a lock of the Hub's client; while another process has it, call ``waiting`` now and then."""
    with ExitStack() as held:
        while True:
            try:
                held.enter_context(WeakFileLock(lock, timeout=LOOK))
                break
            except Timeout:
                waiting()
        yield


def _size(part: Path) -> int:
    return part.stat().st_size if part.exists() else 0


@contextmanager
def _explained(source: Source, reached: bool) -> Iterator[None]:
    """Errors of the client as sentences; ``reached``: whether the Hub had answered before."""
    page = f"{constants.ENDPOINT}/{source.repository}"
    try:
        yield
    except HFValidationError as error:
        raise BackendError(
            "bad_request",
            f"{source.repository!r} cannot be the name of a repository on the Hub.",
            "Write hf://owner/name or hf://owner/name/file.",
            log=str(error),
        ) from error
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


def _check_space(missing: int) -> None:
    """Room for what is still missing of a download, and some to spare."""
    needed = missing + SPARE_BYTES
    folder = constants.HF_HUB_CACHE
    free = shutil.disk_usage(folder).free
    if free < needed:
        raise BackendError(
            "disk_full",
            f"The download needs {needed / 1e9:.1f} GB and {folder} has {free / 1e9:.1f} GB free.",
            "Make room, or choose a folder on another disk (in the add-on's preferences, or HF_HOME).",
        )


def _checked(path: Path, etag: str | None) -> str:
    """The sha256 of a file. The Hub names large files by it: compare, and remove what differs."""
    sha256 = sha256_of(path)
    if _is_content(sha256, etag):
        return sha256
    path.resolve().unlink()
    path.unlink(missing_ok=True)
    raise BackendError(
        "model_damaged",
        f"The downloaded file {path.name} is not the one that was published; it has been removed.",
        "Download it again. If it happens twice, something between you and the Hub alters files.",
    )


def _is_content(sha256: str, etag: str | None) -> bool:
    """Whether a file is what the Hub names it after: its sha256; small files have another name, and pass."""
    return etag is None or SHA256.fullmatch(etag) is None or sha256 == etag


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
            f"The Hub cannot be asked for {source.repository}: offline mode is on.",
            "Allow Online Access in Blender's preferences (System > Network) or unset HF_HUB_OFFLINE, or "
            "copy the file here and choose it as your own.",
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
    if is_disk_full(error):
        return BackendError("disk_full", "The disk is full.", f"Make room. {AGAIN}", log=str(error))
    if "Consistency check" in str(error):
        return BackendError(
            "model_damaged", f"{source.filename} arrived with the wrong size.", AGAIN, log=str(error)
        )
    if error.filename is not None:  # the network's errors name no file
        return BackendError(
            "access",
            f"The download cannot be written to {error.filename} ({error.strerror}).",
            "Check who owns the folder and whether its disk is there, or choose another folder (in the "
            "add-on's preferences, or HF_HOME).",
            log=str(error),
        )
    return BackendError(
        "network", f"The download of {source.repository} failed: {error}.", AGAIN, log=str(error)
    )


def _progress_class(on_bytes: OnBytes) -> type[tqdm]:
    """A silent progress bar that reports to a callback."""

    class Report(tqdm):
        def __init__(self, *arguments: Any, **options: Any) -> None:
            super().__init__(*arguments, **(options | {"disable": True}))
            self.done = options.get("initial") or 0

        def update(self, n: float | None = 1) -> bool | None:
            self.done += int(n or 0)
            on_bytes(self.done, int(self.total or 0))
            return None

    return Report
