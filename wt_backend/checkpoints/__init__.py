"""Weights: which models there are, where they come from, and a network ready to run.

`METHODS` are what the worker offers as `models/*` beside listing. Importing this package loads nothing heavy.

| method | params | result |
|---|---|---|
| `models/download` | `{model}` | `{path, sha256}`; the licence has been shown and accepted before |
| `models/verify` | `{model}` | `{intact}`: whether the file is the published one |
| `models/delete` | `{model}` | `{freed_mb}` |
| `models/move` | `{folder}` | `{moved, folder}`: all downloads lie there now |
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from wt_backend.jobs import Cancel, Progress

Method = Callable[[dict[str, Any], Progress, Cancel], dict[str, Any]]


def _download(params: dict[str, Any], progress: Progress, cancel: Cancel) -> dict[str, Any]:
    from wt_backend.checkpoints.fetch import download_model

    return download_model(params, progress, cancel)


def _verify(params: dict[str, Any], progress: Progress, cancel: Cancel) -> dict[str, Any]:
    from wt_backend.checkpoints.fetch import verify_model

    return verify_model(params, progress, cancel)


def _delete(params: dict[str, Any], progress: Progress, cancel: Cancel) -> dict[str, Any]:
    from wt_backend.checkpoints.storage import delete_model

    return delete_model(params, progress, cancel)


def _move(params: dict[str, Any], progress: Progress, cancel: Cancel) -> dict[str, Any]:
    from wt_backend.checkpoints.storage import move_models

    return move_models(params, progress, cancel)


METHODS: dict[str, Method] = {
    "models/download": _download,
    "models/verify": _verify,
    "models/delete": _delete,
    "models/move": _move,
}
