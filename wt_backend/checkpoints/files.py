"""Weights on disk: read any checkpoint file safely, write safetensors one tensor at a time."""

from __future__ import annotations

import hashlib
import json
import os
import pickle
from collections.abc import Callable, Iterator, Mapping
from itertools import chain
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file
from torch import Tensor

from wt_backend.protocol import BackendError

WRAPPERS = {"module", "_orig_mod", "_checkpoint_wrapped_module"}  # parts of names that wrappers add
DTYPE_NAMES = {torch.float32: "F32", torch.float16: "F16", torch.bfloat16: "BF16"}

StateDict = dict[str, Tensor]


def file_state(path: Path) -> list[int]:
    """Size and last change (ns), one of which a file written anew changes; nothing where there is none."""
    if not path.is_file():
        return []
    status = path.stat()
    return [status.st_size, status.st_mtime_ns]


def read_state_dict(path: Path) -> StateDict:
    """Tensors of a ``.safetensors`` file or a torch pickle, mapped rather than read, names cleaned.

    A pickle may be a plain state dict, or hold one as ``ema_state_dict`` (preferred) or
    ``model_state_dict`` (spec section 16). It is opened with ``weights_only``: code in it never runs. What
    else a trainer has put beside the tensors, settings or numbers of its own classes, is passed over; only a
    dict or list of a class of its own, which torch does not fill, has the file refused.

    Raises
    ------
    BackendError
        kind "model_missing" or "model_damaged".
    """
    if not path.is_file():
        raise BackendError("model_missing", f"There is no file {path}.", "Choose an existing weights file.")
    try:
        if path.suffix == ".safetensors":
            content: Any = load_file(str(path))
        else:
            content = _load_pickle(path)
    except pickle.UnpicklingError as error:
        raise BackendError(
            "model_damaged",
            f"The weights file {path} holds more than weights; that is not opened, for it could be harmful.",
            "In a file of your own, settings in a container of its own class (EasyDict, defaultdict) may be "
            "what stops it: save the state dict alone with torch.save(model.state_dict(), FILE). Otherwise "
            "use a file of tensors only, such as .safetensors, from a source you trust.",
            log=str(error),
        ) from error
    except (SafetensorError, RuntimeError, OSError, EOFError, ValueError, KeyError) as error:
        raise BackendError(
            "model_damaged",
            f"The weights file {path} cannot be read.",
            "It is incomplete, or not a plain file of weights. Delete it and download it again.",
            log=str(error),
        ) from error
    return {_clean(name): tensor for name, tensor in _unwrap(content, path).items()}


def check_state_dict(found: Mapping[str, Tensor], wanted: Mapping[str, Tensor], path: Path) -> None:
    """Names and shapes must agree exactly.

    Raises
    ------
    BackendError
        kind "model_damaged"; the message counts and the log lists what is missing, misshapen and unknown.
    """
    problems = [f"missing: {name} {_shape(wanted[name])}" for name in wanted if name not in found]
    problems += [
        f"wrong shape: {name} is {_shape(found[name])}, not {_shape(wanted[name])}"
        for name in wanted
        if name in found and found[name].shape != wanted[name].shape
    ]
    problems += [f"unknown: {name} {_shape(found[name])}" for name in found if name not in wanted]
    if problems:
        shown = "; ".join(problems[:6]) + (f"; and {len(problems) - 6} more" if len(problems) > 6 else "")
        raise BackendError(
            "model_damaged",
            f"The weights in {path} do not fit the model: {shown}.",
            "Choose the weights that belong to this model.",
            log="\n".join(problems),
        )


def write_safetensors(
    path: Path, tensors: Mapping[str, Tensor], dtype_of: Callable[[str], torch.dtype]
) -> str:
    """Write tensors, each in the dtype that ``dtype_of`` names, one converted tensor in memory at a time.

    The file appears whole or not at all.

    Returns
    -------
    str
        SHA-256 of the file, hexadecimal.
    """
    header: dict[str, Any] = {}
    offset = 0
    for name, tensor in tensors.items():
        end = offset + tensor.numel() * dtype_of(name).itemsize
        header[name] = {
            "dtype": DTYPE_NAMES[dtype_of(name)],
            "shape": list(tensor.shape),
            "data_offsets": [offset, end],
        }
        offset = end
    encoded = json.dumps(header, separators=(",", ":")).encode()
    encoded += b" " * (-len(encoded) % 8)
    digest = hashlib.sha256()
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(f"{path.name}.{os.getpid()}.part")
    try:
        with temporary.open("wb") as file:
            for block in chain((len(encoded).to_bytes(8, "little"), encoded), _bytes(tensors, dtype_of)):
                digest.update(block)
                file.write(block)
        temporary.replace(path)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise
    return digest.hexdigest()


def write_model(
    weights: Path, tensors: Mapping[str, Tensor], describe: Callable[[str, int], dict[str, Any]]
) -> Path:
    """Weights in float16, and their card beside them; both are written before either takes its place.

    Parameters
    ----------
    describe
        SHA-256 and size of the weights in bytes → what the card says.

    Returns
    -------
    Path
        The card.
    """
    card = weights.with_suffix(".json")
    new_weights, new_card = (path.with_name(f"{path.name}.new") for path in (weights, card))
    try:
        sha256 = write_safetensors(new_weights, tensors, lambda _: torch.float16)
        text = json.dumps(describe(sha256, new_weights.stat().st_size), indent=1) + "\n"
        new_card.write_text(text, encoding="utf-8")
        new_weights.replace(weights)
        new_card.replace(card)
    finally:
        for path in (new_weights, new_card):
            path.unlink(missing_ok=True)
    return card


def sha256_of(path: Path) -> str:
    """SHA-256 of a file, hexadecimal."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _bytes(
    tensors: Mapping[str, Tensor], dtype_of: Callable[[str], torch.dtype]
) -> Iterator[bytes | memoryview]:
    for name, tensor in tensors.items():
        values = tensor.detach().to(dtype_of(name)).contiguous().reshape(-1)
        yield values.view(torch.uint8).numpy().data


class _Passed:
    """Stands for any foreign object in a pickle: made from anything, it keeps and does nothing."""

    def __new__(cls, *arguments: object) -> _Passed:
        return super().__new__(cls)

    def __init__(self, *arguments: object) -> None: ...

    def __setstate__(self, state: object) -> None: ...


def _load_pickle(path: Path) -> Any:
    """A checkpoint, with :class:`_Passed` for every class and function that torch does not hold for safe."""
    names = torch.serialization.get_unsafe_globals_in_checkpoint(path)
    with torch.serialization.safe_globals([(_Passed, name) for name in names]):
        return torch.load(path, map_location="cpu", weights_only=True, mmap=True)


def _unwrap(content: Any, path: Path) -> StateDict:
    """The state dict inside a checkpoint."""
    if isinstance(content, Mapping):
        for key in ("ema_state_dict", "model_state_dict"):
            if content.get(key) is not None:
                content = content[key]
                break
    if not isinstance(content, Mapping) or not all(isinstance(value, Tensor) for value in content.values()):
        raise BackendError(
            "model_damaged",
            f"The file {path} holds no state dict.",
            "Choose a checkpoint of World Tracing: a plain state dict, or one under 'model_state_dict'.",
        )
    return dict(content)


def _clean(name: str) -> str:
    return ".".join(part for part in name.split(".") if part not in WRAPPERS)


def _shape(tensor: Tensor) -> str:
    return "×".join(map(str, tensor.shape)) or "scalar"
