"""Key lists of the released checkpoints against full-size models on the meta device."""

from __future__ import annotations

import gzip
import json
import zlib
from pathlib import Path

import torch

from wt_backend.checkpoints.registry import find
from wt_backend.model.wt_dit import WTDiT


def key_problems(name: str, path: Path) -> list[str]:
    """What differs between the model called ``name`` and a ``keys_*.json.gz``: sentences, none if equal."""
    try:
        golden = json.loads(gzip.decompress(path.read_bytes()))
        wanted = golden["keys"]
    except (OSError, EOFError, zlib.error, ValueError, LookupError, TypeError) as error:
        return [f"keys.{name}: {path.name} cannot be read: {error}"]
    entry = find(name)
    if entry is None:
        return [f"keys.{name}: no model of that name is known"]
    with torch.device("meta"):
        model = WTDiT(entry.config.network)
    ours = {key: list(tensor.shape) for key, tensor in model.state_dict().items()}
    problems = [f"keys.{name}: {key} is missing" for key in wanted if key not in ours]
    problems += [f"keys.{name}: {key} is unknown" for key in ours if key not in wanted]
    problems += [
        f"keys.{name}: {key} is {ours[key]}, not {wanted[key]}"
        for key in wanted
        if key in ours and ours[key] != wanted[key]
    ]
    counted = sum(parameter.numel() for parameter in model.parameters())
    if "num_parameters" in golden and counted != golden["num_parameters"]:
        problems.append(f"keys.{name}: {counted} parameters, not {golden['num_parameters']}")
    return problems
