"""What the worker does for `models/download` and `models/verify`."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from wt_backend.checkpoints import hub
from wt_backend.checkpoints.files import sha256_of
from wt_backend.checkpoints.load import find_entry
from wt_backend.checkpoints.registry import RegistryEntry
from wt_backend.jobs import Cancel, Progress
from wt_backend.protocol import BackendError

MEGABYTE = 1_000_000


def download_model(params: dict[str, Any], progress: Progress, cancel: Cancel) -> dict[str, Any]:
    """Fetch a model's weights; progress counts megabytes. A cancelled download resumes next time."""
    entry = _entry(params)
    if isinstance(entry.weights, Path):
        return {"path": str(entry.weights), "sha256": entry.sha256}

    def on_bytes(done: int, total: int) -> None:
        progress("download", done // MEGABYTE, max(total // MEGABYTE, 1))
        cancel()

    path = hub.download(entry.weights, on_bytes)
    return {"path": str(path), "sha256": sha256_of(path)}


def verify_model(params: dict[str, Any], progress: Progress, cancel: Cancel) -> dict[str, Any]:
    """Compare a model's weights with what was published."""
    entry = _entry(params)
    progress("verify", 0, 1)
    if isinstance(entry.weights, Path):
        return {"intact": entry.weights.is_file() and sha256_of(entry.weights) == entry.sha256}
    return {"intact": hub.verify(entry.weights)}


def _entry(params: dict[str, Any]) -> RegistryEntry:
    name = params.get("model")
    if not isinstance(name, str) or set(params) != {"model"}:
        raise BackendError("bad_request", "The parameters must be {model: name}.", "Name one model.")
    return find_entry(name)
