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

from wt_backend.jobs import Method, lazy_method

METHODS: dict[str, Method] = {
    "models/download": lazy_method("wt_backend.checkpoints.fetch", "download_model"),
    "models/verify": lazy_method("wt_backend.checkpoints.fetch", "verify_model"),
    "models/delete": lazy_method("wt_backend.checkpoints.storage", "delete_model"),
    "models/move": lazy_method("wt_backend.checkpoints.storage", "move_models"),
}
