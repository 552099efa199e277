"""The layer stack: what one traced image is, in memory and as a `.wts` file, and a shot: a folder of them.

A `.wts` file is a plain safetensors file (8-byte little-endian header length, JSON header, raw little-endian
arrays; https://github.com/huggingface/safetensors, "Format"). It is written and read here with numpy and json
alone, because Blender has no safetensors and because reading must map the arrays instead of copying them.

Camera space is OpenCV's: +X right, +Y down, +Z forward. Layers count from 0, front to back.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field, fields, replace
from pathlib import Path
from typing import IO, Any, ClassVar

import numpy as np
from numpy.typing import NDArray

VERSION = 1
METADATA_KEY = "world_tracing"
UNITS = ("relative", "metre")
MODES = ("object", "scene")
SHOT_STATES = ("running", "done", "cancelled", "failed")

MAX_HEADER_BYTES = 1 << 20
MONOTONIC_TOLERANCE = (
    1e-3  # relative to depth: what float32 and re-cleaning may leave, far below any real gap
)

# name → (numpy dtype, safetensors dtype, rank); widest first, so that each lies aligned in the file
_ARRAYS: dict[str, tuple[str, str, int]] = {
    "intrinsics": ("<f8", "F64", 2),
    "grid_to_image": ("<f8", "F64", 2),
    "xyz": ("<f4", "F32", 4),
    "rgba": ("|u1", "U8", 3),
    "mask": ("|b1", "BOOL", 3),
}


class StackError(ValueError):
    """A stack or shot that cannot be used; the message names the file, what is wrong and what to do."""


@dataclass(frozen=True)
class StackInfo:
    """Where a stack comes from; kept as JSON in the file's header.

    Attributes
    ----------
    unit : {"relative", "metre"}
        Unit of `LayerStack.xyz`. Relative means: right up to one common scale.
    model, model_sha256 : str
        Name of the model ("ground-truth" for rendered stacks) and hash of its weights ("" if none).
    normalisation : dict
        How network numbers became points (mode and constants).
    seed, steps, solver
        Of the sampler.
    source : str
        Path of the original image, "" where there is none.
    image_size : (int, int)
        (width, height) of the original image as Blender loads it, in pixels.
    mode : {"object", "scene"}
        Object: everything outside `mask[0]` is background. Scene: the whole frame is traced.
    version : int
        Version of this schema.
    """

    unit: str
    model: str
    model_sha256: str
    normalisation: dict[str, Any]
    seed: int
    steps: int
    solver: str
    source: str
    image_size: tuple[int, int]
    mode: str
    version: int = VERSION

    def __post_init__(self) -> None:
        if self.unit not in UNITS:
            raise StackError(f"unit is {self.unit!r}; it must be one of {', '.join(UNITS)}")
        if self.mode not in MODES:
            raise StackError(f"mode is {self.mode!r}; it must be one of {', '.join(MODES)}")
        if len(self.image_size) != 2 or min(self.image_size) < 1:
            raise StackError(f"image size is {self.image_size!r}; it must be (width, height) in pixels")


@dataclass(frozen=True, eq=False)
class LayerStack:
    """The ordered surfaces of one image, a point per pixel and layer.

    Attributes
    ----------
    xyz : (L, H, W, 3) float32
        Camera-space points, as the model gave them or laid on their pixels' rays, depth-filled inside the
        silhouette, 0 outside of it.
    mask : (L, H, W) bool
        This layer exists here. `mask[0]` is the silhouette; every mask lies inside the one before it.
    rgba : (H, W, 4) uint8
        What the model saw (sRGB), alpha 255 inside the silhouette.
    intrinsics : (3, 3) float64
        Pinhole camera in pixels of the H×W grid, centres at +0.5.
    grid_to_image : (2, 3) float64
        Affine map of continuous grid coordinates (pixel i spans [i, i+1)) to those of the original
        image, y down.
    info : StackInfo
    """

    xyz: NDArray[np.float32]
    mask: NDArray[np.bool_]
    rgba: NDArray[np.uint8]
    intrinsics: NDArray[np.float64]
    grid_to_image: NDArray[np.float64]
    info: StackInfo

    def __post_init__(self) -> None:
        for name, (dtype, _, rank) in _ARRAYS.items():
            array = getattr(self, name)
            if not isinstance(array, np.ndarray) or array.dtype != np.dtype(dtype) or array.ndim != rank:
                found = (
                    f"{getattr(array, 'dtype', type(array).__name__)} {getattr(array, 'shape', '')}".strip()
                )
                raise StackError(f"array {name} is {found}; expected {np.dtype(dtype).name} of rank {rank}")
        layers, height, width = self.mask.shape
        expected = {
            "xyz": (layers, height, width, 3),
            "rgba": (height, width, 4),
            "intrinsics": (3, 3),
            "grid_to_image": (2, 3),
        }
        for name, shape in expected.items():
            if getattr(self, name).shape != shape:
                raise StackError(f"array {name} has shape {getattr(self, name).shape}; expected {shape}")
        if min(self.mask.shape) < 1:
            raise StackError(f"the stack is empty (mask has shape {self.mask.shape})")

    @property
    def layers(self) -> int:
        """Number of layers L."""
        return self.mask.shape[0]

    @property
    def size(self) -> tuple[int, int]:
        """(width, height) of the pixel grid."""
        return self.mask.shape[2], self.mask.shape[1]

    @property
    def points(self) -> int:
        """Number of points that exist, over all layers."""
        return int(np.count_nonzero(self.mask))

    def save(self, path: str | os.PathLike[str]) -> None:
        """Write the stack as a `.wts` file, whole or not at all.

        Raises
        ------
        OSError
            The folder does not exist, cannot be written to or is full; an older file at `path` is untouched.
        """
        header = _header(self)
        with _replacing(Path(path)) as file:
            file.write(len(header).to_bytes(8, "little"))
            file.write(header)
            for name, (dtype, _, _) in _ARRAYS.items():
                array = np.ascontiguousarray(getattr(self, name), dtype=dtype)
                file.write(array.reshape(-1).view(np.uint8).data)

    @classmethod
    def load(cls, path: str | os.PathLike[str]) -> LayerStack:
        """Open a `.wts` file: the header is checked, the arrays are mapped read-only and read when touched.

        Windows cannot replace a file while it is mapped: drop the stack before writing to the same path.

        Raises
        ------
        StackError
            Missing, truncated, of a newer version, or not a layer stack at all.
        """
        path = Path(path)
        try:
            header, start = _read_header(path)
            info = _parse_info(header.pop("__metadata__", None))
            buffer = np.memmap(path, dtype=np.uint8, mode="r")
            arrays = {name: _view(buffer, start, header.get(name), name) for name in _ARRAYS}
            return cls(info=info, **arrays)
        except StackError as error:
            raise StackError(f"{path}: {error}") from None
        except (OSError, ValueError) as error:  # ValueError: a path, or shapes, that cannot be
            raise StackError(
                f"{path}: cannot be read ({_reason(error)}); check the path and its permissions"
            ) from error

    def validate(self) -> None:
        """Read all the data and check what a consumer may rely on.

        Where a mask is true its points are finite, in front of the camera and not in front of the layer
        before (within a thousandth of the depth); masks are nested; the camera and the affine map are usable.

        Raises
        ------
        StackError
        """
        name = str(getattr(self.xyz, "filename", None) or "stack in memory")
        problem = _problem(self)
        if problem:
            raise StackError(f"{name}: {problem}; trace the image again")


def _problem(stack: LayerStack) -> str | None:
    """First thing wrong with the stack's data, or None."""
    if stack.mask.view(np.uint8).max() > 1:
        return "the mask holds bytes other than 0 and 1"
    fx, fy = stack.intrinsics[0, 0], stack.intrinsics[1, 1]
    if not (np.isfinite(stack.intrinsics).all() and fx > 0 and fy > 0):
        return "the camera intrinsics are not finite with positive focal lengths"
    affine = stack.grid_to_image
    if not np.isfinite(affine).all() or abs(np.linalg.det(affine[:, :2])) < 1e-12:
        return "the map from grid to image cannot be inverted"
    for layer in range(stack.layers):
        here = stack.mask[layer]
        points = stack.xyz[layer][here]
        if not np.isfinite(points).all():
            return f"layer {layer} has points that are not finite"
        if (points[:, 2] <= 0).any():
            return f"layer {layer} has points behind the camera"
        if layer == 0:
            continue
        if (here & ~stack.mask[layer - 1]).any():
            return f"layer {layer} exists where layer {layer - 1} does not"
        before = stack.xyz[layer - 1][here][:, 2]
        if (points[:, 2] < before * (1 - MONOTONIC_TOLERANCE)).any():
            return f"layer {layer} lies in front of layer {layer - 1}"
    return None


def _header(stack: LayerStack) -> bytes:
    """Safetensors header, padded with spaces so that the data starts at a multiple of 8 bytes."""
    info = json.dumps(asdict(stack.info), ensure_ascii=False)
    entries: dict[str, Any] = {"__metadata__": {METADATA_KEY: info}}
    offset = 0
    for name, (dtype, code, _) in _ARRAYS.items():
        shape = getattr(stack, name).shape
        end = offset + int(np.prod(shape)) * np.dtype(dtype).itemsize
        entries[name] = {"dtype": code, "shape": list(shape), "data_offsets": [offset, end]}
        offset = end
    # Lone surrogates (undecodable bytes of a path) survive as JSON escapes only.
    text = json.dumps(entries, ensure_ascii=True, separators=(",", ":")).encode()
    return text + b" " * (-len(text) % 8)


def _read_header(path: Path) -> tuple[dict[str, Any], int]:
    """Header entries and the offset at which the data starts."""
    if path.exists() and not (path.is_file() or path.is_dir()):  # nobody may ever write into a pipe
        raise StackError("this is no ordinary file; choose a .wts file written by World Tracing")
    with path.open("rb") as file:
        length = int.from_bytes(file.read(8), "little")
        size = os.fstat(file.fileno()).st_size
        if size < 8 or length > MAX_HEADER_BYTES or length < 2:
            raise StackError("this is not a layer stack; choose a .wts file written by World Tracing")
        if 8 + length > size:
            raise StackError("the file is truncated; copy or trace it again")
        text = file.read(length)
    try:
        header = json.loads(text)
    except (ValueError, RecursionError):
        header = None
    if not isinstance(header, dict):
        raise StackError("the header is damaged; copy or trace it again")
    return header, 8 + length


def _parse_info(metadata: Any) -> StackInfo:
    if not isinstance(metadata, dict) or not isinstance(metadata.get(METADATA_KEY), str):
        raise StackError(
            "this safetensors file is not a layer stack; choose a .wts file written by World Tracing"
        )
    try:
        values = json.loads(metadata[METADATA_KEY])
        version = int(values["version"])
    except (ValueError, TypeError, KeyError, OverflowError, RecursionError):
        raise StackError("its metadata is damaged; copy or trace it again") from None
    if version > VERSION:
        raise StackError(
            f"it has format version {version}, this program reads up to {VERSION}; update World Tracing"
        )
    try:
        known = {f.name: values[f.name] for f in fields(StackInfo)}
        known["image_size"] = tuple(int(side) for side in known["image_size"])
        return StackInfo(**known)
    except (KeyError, TypeError, ValueError, OverflowError) as error:
        raise StackError(f"its metadata is damaged ({error}); copy or trace it again") from None


def _view(buffer: NDArray[np.uint8], start: int, entry: Any, name: str) -> NDArray[Any]:
    """One array of the file as a view of the mapped bytes."""
    dtype, code, rank = _ARRAYS[name]
    try:
        found, shape, (begin, end) = entry["dtype"], tuple(entry["shape"]), entry["data_offsets"]
        numbers = all(type(n) is int and n >= 0 for n in (*shape, begin, end))
    except (TypeError, KeyError, ValueError):
        raise StackError(f"array {name} is missing or badly described; copy or trace it again") from None
    if not numbers or found != code or len(shape) != rank:
        raise StackError(
            f"array {name} is {found} {shape}, expected {code} of rank {rank}; trace the image again"
        )
    count = 1
    for side in shape:
        count *= side
    if end - begin != count * np.dtype(dtype).itemsize:
        raise StackError(f"array {name} does not fill its place in the file; copy or trace it again")
    if start + end > buffer.size:
        raise StackError("the file is truncated; copy or trace it again")
    return buffer[start + begin : start + end].view(dtype).reshape(shape)


def part_beside(path: Path, suffix: str = ".part") -> Path:
    """A new empty file beside `path`, to be written and then put in its place.

    It is made as any document is: those of `tempfile` are private, and not every disk lets that be changed
    (CIFS, FAT).
    """
    part = path.parent / f".{path.stem[:80]}.{os.urandom(4).hex()}{suffix}"
    part.touch(exist_ok=False)
    return part


@contextmanager
def _replacing(path: Path) -> Iterator[IO[bytes]]:
    """A new file beside `path` that takes its place on success and disappears on failure."""
    part = part_beside(path)
    try:
        with part.open("wb") as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        part.replace(path)
    except BaseException:
        part.unlink(missing_ok=True)
        raise


def _reason(error: OSError | ValueError) -> str:
    return getattr(error, "strerror", None) or str(error)


@dataclass(frozen=True, eq=False)
class Shot:
    """Footage: a folder with `shot.json` and one `.wts` file a frame; can be read while it grows.

    Attributes
    ----------
    folder : Path
    frames : dict[int, str]
        Frame number in Blender → name of its stack file inside the folder, for all frames that are wanted.
    fps : float
        Frames a second of the footage.
    intrinsics : list[list[float]] | None
        (3, 3) camera shared by all frames, None until it is known.
    settings : dict
        Of the trace, as in the `trace_shot` message.
    state : {"running", "done", "cancelled", "failed"}
    """

    FILE: ClassVar[str] = "shot.json"

    folder: Path
    frames: dict[int, str]
    fps: float
    intrinsics: list[list[float]] | None = None
    settings: dict[str, Any] = field(default_factory=dict)
    state: str = "running"
    version: int = VERSION

    def save(self) -> None:
        """Write `shot.json`, whole or not at all; the folder must exist."""
        values = {f.name: getattr(self, f.name) for f in fields(self) if f.name != "folder"}
        with _replacing(self.folder / self.FILE) as file:
            file.write(json.dumps(values, indent=1).encode())

    @classmethod
    def load(cls, folder: str | os.PathLike[str]) -> Shot:
        """Read a shot folder (or its `shot.json`).

        Raises
        ------
        StackError
        """
        folder = Path(folder)
        folder = folder.parent if folder.name == cls.FILE else folder
        path = folder / cls.FILE
        try:
            values = json.loads(path.read_bytes())
            if int(values["version"]) > VERSION:
                raise StackError(f"{path}: it has format version {values['version']}; update World Tracing")
            frames = {int(number): str(name) for number, name in values["frames"].items()}
            shot = cls(folder, frames, **{f.name: values[f.name] for f in fields(cls)[2:]})
        except OSError as error:
            raise StackError(f"{path}: cannot be read ({_reason(error)}); choose a shot folder") from error
        except StackError:
            raise
        except (ValueError, KeyError, TypeError, AttributeError, OverflowError, RecursionError):
            raise StackError(
                f"{path}: it is damaged or no shot; choose a folder written by World Tracing"
            ) from None
        # A name from a file must not lead out of the folder.
        if shot.state not in SHOT_STATES or any(Path(name).name != name for name in frames.values()):
            raise StackError(f"{path}: it is damaged; trace the footage again")
        return shot

    def with_state(self, state: str) -> Shot:
        """The same shot in another state (not saved)."""
        return replace(self, state=state)

    def path(self, frame: int) -> Path:
        """Where the stack of a frame is, or will be."""
        return self.folder / self.frames[frame]

    def finished(self) -> list[int]:
        """Frame numbers whose stack is on disk, ascending. Stacks are atomic: a file that exists is whole."""
        return sorted(frame for frame in self.frames if self.path(frame).is_file())

    def load_frame(self, frame: int) -> LayerStack:
        """The mapped stack of one frame."""
        return LayerStack.load(self.path(frame))
