"""From the name or file of a model to a network that is ready to run."""

from __future__ import annotations

import hashlib
import json
import os
import sys
import time
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import torch

from wt_backend.checkpoints import registry
from wt_backend.checkpoints.files import (
    StateDict,
    check_state_dict,
    file_state,
    read_state_dict,
    sha256_of,
    write_safetensors,
)
from wt_backend.checkpoints.registry import RegistryEntry, Source
from wt_backend.logs import home_folder
from wt_backend.memory import is_disk_full
from wt_backend.model.config import WTDiTConfig
from wt_backend.model.precision import Policy, Precision, default_precision, policy_for, prepare
from wt_backend.model.wt_dit import WTDiT
from wt_backend.protocol import BackendError

KEY_DIGITS = 16  # of a converted copy's name
RECORDED = {"source", "source_state", "source_sha256", "size"}  # beside a converted copy
ABANDONED = 24 * 3600.0  # seconds without change after which nobody writes to a part any more
PRECISIONS: dict[torch.dtype, Precision] = {torch.float32: "fp32", torch.bfloat16: "bf16"}


@dataclass(frozen=True, eq=False)
class LoadedModel:
    """A network in evaluation mode, with its weights in their precision of use on ``device``.

    ``sha256`` is that of the weights file as published, not of the converted copy.
    """

    model: WTDiT
    entry: RegistryEntry
    sha256: str
    device: torch.device
    precision: Precision


def best_device() -> torch.device:
    """CUDA, else Apple's GPU, else the processor."""
    if torch.cuda.is_available():
        return torch.device("cuda")
    return torch.device("mps" if torch.backends.mps.is_available() else "cpu")


def load_model(
    name: str,
    device: torch.device | str | None = None,
    dtype: torch.dtype | None = None,
    small: bool = False,
) -> LoadedModel:
    """Load a model for inference.

    Parameters
    ----------
    name
        A registry name or alias, ``hf://owner/name[/file]``, or the path of a ``.pt`` or ``.safetensors``
        file. A JSON card of the same stem beside a local file says what it is; without one it must be a
        released architecture.
    device
        None for :func:`best_device`.
    dtype
        float32, or bfloat16 for the mixed precision of spec section 17; None: the faster for the device.
    small
        Take the least memory, at the cost of some precision (``dtype`` does not count then).

    Raises
    ------
    BackendError
        kinds "model_missing", "model_damaged".
    """
    place = best_device() if device is None else torch.device(device)
    precision = default_precision(place) if dtype is None else PRECISIONS[dtype]
    precision = "small" if small else precision
    policy = policy_for(precision, place)
    if place.type == "cuda" and precision != "fp32":
        torch.set_float32_matmul_precision("high")  # TF32 for the head's matrices
    entry, path = find_weights(name)
    state, sha256 = _state_in_use(entry, path, policy)
    model = build(entry.config.network, state, policy, place, path)
    return LoadedModel(model, entry, sha256, place, precision)


def find_weights(name: str) -> tuple[RegistryEntry, Path]:
    """What a name, address or path stands for, and the file of its weights on this machine.

    Raises
    ------
    BackendError
        kind "model_missing".
    """
    entry = find_entry(name)
    path = _locate(entry.weights) if isinstance(entry.weights, Source) else entry.weights
    return entry, path


def find_entry(name: str) -> RegistryEntry:
    """What a name, address or path stands for; a file that no card describes is recognised by its shapes."""
    entry = registry.find(name)
    if entry is not None:
        return entry
    if name.startswith("hf://"):
        source = parse_address(name)
        known = registered(source)
        if known is not None:
            return known
        path = _locate(source)
    else:
        path = Path(name).expanduser()
    if not path.is_file():
        names = ", ".join(entry.name for entry in registry.entries())
        raise BackendError(
            "model_missing", f"There is no model, and no file, called {name!r}.", f"Choose one of {names}."
        )
    card = path.with_suffix(".json")
    if card.is_file():
        return replace(registry.read_card(card), weights=path)
    return replace(_recognise(read_state_dict(path), path), weights=path, sha256="")


def build(config: WTDiTConfig, state: StateDict, policy: Policy, device: torch.device, path: Path) -> WTDiT:
    """A network around tensors that are used in place where they lie on ``device``."""
    with torch.device("meta"):
        model = WTDiT(config)
    check_state_dict(state, model.state_dict(), path)
    moved = {key: tensor.to(device, policy.dtype_of(key)) for key, tensor in state.items()}
    model.load_state_dict(moved, assign=True)
    prepare(model, policy)
    return model.eval().requires_grad_(False)


def cache_folder() -> Path:
    """Where converted weights are kept: ``$WT_CACHE_DIR``, or the user's cache folder."""
    if chosen := os.environ.get("WT_CACHE_DIR"):
        return Path(chosen)
    home = home_folder()
    if sys.platform == "win32":
        base = Path(os.environ.get("LOCALAPPDATA") or home / "AppData" / "Local")
    elif sys.platform == "darwin":
        base = home / "Library" / "Caches"
    else:
        base = Path(os.environ.get("XDG_CACHE_HOME") or home / ".cache")
    return base / "world_tracing"


def _locate(source: Source) -> Path:
    path = registry.cached(source)
    if path is None:
        raise BackendError(
            "model_missing",
            f"The weights {source.repository}/{source.filename} are not on this machine.",
            "Download them in the add-on's preferences, or with `python -m wt_backend models download NAME`; "
            "both show the licence and the size first.",
        )
    return path


def _state_in_use(entry: RegistryEntry, path: Path, policy: Policy) -> tuple[StateDict, str]:
    """Tensors in (or, for shipped files, near) their precision of use, and the sha256 of the source."""
    shipped = path.parent == registry.WEIGHTS
    if shipped:
        state = read_state_dict(path)
        if sha256_of(path) != entry.sha256:
            raise BackendError(
                "model_damaged", f"{path} is not the file that was published.", "Reinstall the backend."
            )
        return state, entry.sha256
    if path.suffix == ".safetensors":
        state = read_state_dict(path)
        if all(tensor.dtype == policy.dtype_of(key) for key, tensor in state.items()):
            return state, sha256_of(path)  # not as the card has it: the file may have been replaced
    return _converted(entry, path, policy)


def _converted(entry: RegistryEntry, path: Path, policy: Policy) -> tuple[StateDict, str]:
    """Convert once; afterwards only the copy, in its precision of use, is opened."""
    source_state = file_state(path)
    identity = f"{path.resolve()} {source_state[0]} {source_state[1]} {policy}"
    key = hashlib.sha256(identity.encode()).hexdigest()[:KEY_DIGITS]
    copy = cache_folder() / f"{entry.name.replace('/', '_')}-{key}.safetensors"
    record = copy.with_suffix(".json")
    known = _read_record(record)
    if known and copy.is_file() and known["size"] == copy.stat().st_size:
        return read_state_dict(copy), known["source_sha256"]
    state = read_state_dict(path)
    with torch.device("meta"):
        check_state_dict(state, WTDiT(entry.config.network).state_dict(), path)
    source_sha256 = sha256_of(path)
    try:
        sha256 = write_safetensors(copy, state, policy.dtype_of)
    except OSError as error:
        raise BackendError(
            "disk_full" if is_disk_full(error) else "bad_output",
            f"The converted weights cannot be written to {copy}: {error.strerror}.",
            "Make room, or point WT_CACHE_DIR to another disk.",
        ) from error
    values = {
        "source": str(path.absolute()),
        "source_state": source_state,
        "source_sha256": source_sha256,
        "sha256": sha256,
        "size": copy.stat().st_size,
    }
    temporary = record.with_name(f"{record.name}.{os.getpid()}.part")
    temporary.write_text(json.dumps(values, indent=1), encoding="utf-8")
    temporary.replace(record)
    with suppress(OSError):  # an older one may be in use: it goes another time
        forget_copies()
    return read_state_dict(copy), source_sha256


def _read_record(path: Path) -> dict[str, Any] | None:
    """What is known of a converted copy; None where a power cut or somebody's hand left no record."""
    try:
        known = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
    return known if isinstance(known, dict) and known.keys() >= RECORDED else None


def forget_copies() -> int:
    """Remove converted weights whose source is no longer where it was, or was written anew, and what killed
    conversions left: bytes freed.
    """
    freed = 0
    folder, key = cache_folder(), "[0-9a-f]" * KEY_DIGITS
    for record in folder.glob(f"*-{key}.json"):
        known = _read_record(record)
        if known and file_state(Path(known["source"])) == known["source_state"]:
            continue
        copy = record.with_suffix(".safetensors")
        if copy.is_file():
            freed += copy.stat().st_size
            copy.unlink()
        record.unlink()
    for part in folder.glob(f"*-{key}.*.part"):
        status = part.stat()
        if time.time() - status.st_mtime > ABANDONED:
            freed += status.st_size
            part.unlink()
    return freed


def _recognise(state: StateDict, path: Path) -> RegistryEntry:
    """The released model whose names and shapes a file has (legacy scene models look like the scene one)."""
    shapes = {key: tuple(tensor.shape) for key, tensor in state.items()}
    for entry in registry.OFFICIAL:
        with torch.device("meta"):
            wanted = WTDiT(entry.config.network).state_dict()
        if {key: tuple(tensor.shape) for key, tensor in wanted.items()} == shapes:
            return entry
    raise BackendError(
        "model_damaged",
        f"The weights in {path} belong to none of the released models.",
        f"Put the model's card {path.with_suffix('.json').name} beside the file.",
    )


def registered(source: Source) -> RegistryEntry | None:
    """The entry that loads a file of the Hub, if it is one of the released models."""
    return next((entry for entry in registry.OFFICIAL if entry.weights == source), None)


def parse_address(address: str) -> Source:
    """``hf://owner/name[/file]``, the file being ``model.pt`` where none is named."""
    owner, _, rest = address.removeprefix("hf://").partition("/")
    repository, _, filename = rest.partition("/")
    if not owner or not repository:
        raise BackendError(
            "bad_request",
            f"{address!r} is no address of a model.",
            "Write hf://owner/name or hf://owner/name/file.",
        )
    return Source(f"{owner}/{repository}", filename or "model.pt")
