"""What the worker does for `models/download` and `models/verify`."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from wt_backend.checkpoints import hub
from wt_backend.checkpoints.files import sha256_of
from wt_backend.checkpoints.load import find_entry, parse_address
from wt_backend.checkpoints.registry import Source
from wt_backend.jobs import Cancel, Progress
from wt_backend.protocol import BackendError

MEGABYTE = 1_000_000


def download_model(params: dict[str, Any], progress: Progress, cancel: Cancel) -> dict[str, Any]:
    """Fetch a model's weights; progress counts megabytes. A cancelled download resumes next time."""
    weights = _weights(params)
    if isinstance(weights, Path):
        return {"path": str(weights), "sha256": sha256_of(weights)}

    def on_bytes(done: int, total: int) -> None:
        progress("download", done // MEGABYTE, max(total // MEGABYTE, 1))
        cancel()

    progress("download", 0, 1)  # the Hub may take its time to answer
    path, sha256 = hub.download(weights, on_bytes)
    return {"path": str(path), "sha256": sha256}


def verify_model(params: dict[str, Any], progress: Progress, cancel: Cancel) -> dict[str, Any]:
    """Compare a model's weights with what was published."""
    weights = _weights(params)
    progress("verify", 0, 1)
    if isinstance(weights, Path):
        published = find_entry(params["model"]).sha256
        if not published:
            raise BackendError(
                "bad_request",
                f"Nothing says what was published as {weights}.",
                "Compare its SHA-256 with that on the page it came from.",
            )
        return {"intact": weights.is_file() and sha256_of(weights) == published}
    return {"intact": hub.verify(weights)}


def _weights(params: dict[str, Any]) -> Path | Source:
    """Where the weights of a model are; an address of the Hub needs no entry in the registry."""
    name = params.get("model")
    if not isinstance(name, str) or set(params) != {"model"}:
        raise BackendError("bad_request", "The parameters must be {model: name}.", "Name one model.")
    return parse_address(name) if name.startswith("hf://") else find_entry(name).weights
