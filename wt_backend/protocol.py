"""Messages between Blender and the worker: JSON-RPC 2.0, a line each (https://www.jsonrpc.org/specification).

Both sides import this module; it needs the standard library only.
Method and field tables: `docs/architecture.md`.
"""

from __future__ import annotations

import json
import types
import typing
from dataclasses import asdict, dataclass, field, fields
from typing import Any, TypeVar

PROTOCOL = 1

# kind → JSON-RPC code. Codes never change their meaning; -327xx and -326xx are those of JSON-RPC itself.
ERROR_CODES: dict[str, int] = {
    "internal": -32603,
    "bad_request": -32602,
    "cancelled": -32800,
    "bad_image": 1001,
    "bad_mask": 1002,
    "bad_output": 1003,
    "bad_stack": 1004,
    "disk_full": 1005,
    "out_of_memory": 1006,
    "model_missing": 1007,
    "model_damaged": 1008,
    "network": 1009,
    "access": 1010,
}
PARSE_ERROR = -32700
INVALID_REQUEST = -32600
METHOD_NOT_FOUND = -32601

MODES = ("auto", "object", "scene")
FITS = ("crop", "pad", "stretch")
MOST_STEPS = 1000

Message = dict[str, Any]
T = TypeVar("T")


class BackendError(Exception):
    """Something went wrong in a way that a person can act on.

    Parameters
    ----------
    kind : str
        A key of `ERROR_CODES`.
    message : str
        One sentence: what is wrong, with which file.
    hint : str
        What to do about it.
    log : str
        Details for the log file; on the other side of the pipe, the path of that file.
    """

    def __init__(self, kind: str, message: str, hint: str = "", log: str = "") -> None:
        if kind not in ERROR_CODES:
            raise ValueError(f"unknown error kind {kind!r}")
        super().__init__(kind, message, hint, log)
        self.kind, self.message, self.hint, self.log = kind, message, hint, log

    def __str__(self) -> str:
        return self.message

    def to_json(self, code: int | None = None) -> Message:
        """The `error` member of a response."""
        data = {"kind": self.kind, "hint": self.hint, "log": self.log}
        return {
            "code": ERROR_CODES[self.kind] if code is None else code,
            "message": self.message,
            "data": data,
        }

    @classmethod
    def from_json(cls, error: Message) -> BackendError:
        """The error of a response, as the other side raised it."""
        data = error.get("data") or {}
        kind = data.get("kind", "internal")
        kind = kind if kind in ERROR_CODES else "internal"
        return cls(kind, str(error.get("message", "")), str(data.get("hint", "")), str(data.get("log", "")))


class NotFiniteError(BackendError):
    """What a model gave for one input is not finite; what it gives for the next one may be fine."""


@dataclass(frozen=True)
class Device:
    """A place to run the model: id ("cpu", "cuda:0"), name, memory in gigabytes."""

    id: str
    name: str
    memory_gb: float


@dataclass(frozen=True)
class ModelEntry:
    """A model the worker knows; sizes are for the download and for the memory it needs while it runs.

    `bundled`: its weights are part of the package or the user's own file, so that they cannot be deleted.
    """

    name: str
    label: str
    licence: str
    available: bool
    size_mb: float
    memory_gb: float
    modes: list[str]
    bundled: bool = False


@dataclass(frozen=True)
class InitializeResult:
    version: str
    protocol: int
    python: str
    torch: str
    devices: list[Device]
    models: list[ModelEntry]


@dataclass(frozen=True)
class TraceRequest:
    """Trace one image. Paths are absolute; `steps` and `fit` None mean the model's own.

    `mask_as_stored`: where its proportions do not tell, the mask is for the image as its file has it, and not
    for how EXIF says that it should be seen.
    `fresh`: a file that is at `output` when the trace is done stays; the stack goes to the next name that is
    free, which the result tells.
    """

    image: str
    output: str
    mask: str | None = None
    mask_as_stored: bool = False
    mode: str = "auto"
    fit: str | None = None
    model: str = "wt-mini"
    seed: int = 42
    steps: int | None = None
    device: str | None = None
    fresh: bool = False

    def __post_init__(self) -> None:
        _choice("mode", self.mode, MODES)
        if self.fit is not None:
            _choice("fit", self.fit, FITS)
        if self.steps is not None and not 1 <= self.steps <= MOST_STEPS:
            raise BackendError("bad_request", f"steps is {self.steps}.", f"Choose 1 to {MOST_STEPS} steps.")
        if not 0 <= self.seed < 2**63:
            raise BackendError("bad_request", f"seed is {self.seed}.", "Choose a seed from 0 to 2^63 - 1.")
        if not self.image or not self.output:
            raise BackendError("bad_request", "A trace needs an image and an output path.", "Choose both.")


@dataclass(frozen=True)
class TraceResult:
    stack: str
    layers: int
    points: int
    seconds: float
    mode: str
    warnings: list[str] = field(default_factory=list)


def to_params(message: Any) -> Message:
    """A message dataclass as plain JSON values."""
    return asdict(message)


def from_params(cls: type[T], params: Any) -> T:
    """Build a message dataclass from the other side's JSON.

    Unknown names are an error (a misspelt setting must not pass silently), and so are wrong types.

    Raises
    ------
    BackendError
        kind "bad_request".
    """
    if not isinstance(params, dict):
        raise BackendError("bad_request", "The parameters are not an object.", "Send named parameters.")
    known = {f.name: f for f in fields(cls)}  # type: ignore[arg-type]
    unknown = sorted(set(params) - set(known))
    if unknown:
        raise BackendError("bad_request", f"Unknown parameter {unknown[0]!r}.", f"Known: {', '.join(known)}.")
    hints = typing.get_type_hints(cls)
    for name, value in params.items():
        if not _fits(value, hints[name]):
            raise BackendError(
                "bad_request", f"Parameter {name!r} has the wrong type: {value!r:.100}.", "Correct it."
            )
    try:
        return cls(**params)
    except TypeError as error:
        raise BackendError("bad_request", f"A parameter is missing: {error}.", "Send it.") from None


def from_result(cls: type[T], result: Message) -> T:
    """Build a result dataclass from a response, names of newer workers left out, nested lists built too."""
    hints = typing.get_type_hints(cls)
    values: Message = {}
    for f in fields(cls):  # type: ignore[arg-type]
        if f.name not in result:
            continue
        inner = typing.get_args(hints[f.name])
        nested = inner and hasattr(inner[0], "__dataclass_fields__")
        values[f.name] = (
            [from_result(inner[0], item) for item in result[f.name]] if nested else result[f.name]
        )
    return cls(**values)


def request(id: int | str, method: str, params: Message) -> Message:
    """A call that wants an answer."""
    return {"jsonrpc": "2.0", "id": id, "method": method, "params": params}


def notification(method: str, params: Message) -> Message:
    """A call that wants none."""
    return {"jsonrpc": "2.0", "method": method, "params": params}


def response(id: int | str | None, result: Any) -> Message:
    """The answer to a call."""
    return {"jsonrpc": "2.0", "id": id, "result": result}


def error_response(id: int | str | None, error: BackendError, code: int | None = None) -> Message:
    """The answer to a call that failed; `code` overrides the code of the error's kind."""
    return {"jsonrpc": "2.0", "id": id, "error": error.to_json(code)}


def encode(message: Message) -> bytes:
    """One line, plain ASCII: the encoding of the pipe does not matter, lone surrogates in paths survive."""
    return (
        json.dumps(message, ensure_ascii=True, allow_nan=False, separators=(",", ":")).encode("ascii") + b"\n"
    )


def decode(line: bytes) -> Message:
    """The message of one line.

    Raises
    ------
    BackendError
        kind "bad_request": not JSON, or no JSON-RPC 2.0 message.
    """
    try:
        message = json.loads(line)
    except (ValueError, RecursionError):
        raise BackendError(
            "bad_request", "A line is not JSON.", "Send one JSON-RPC message a line."
        ) from None
    if not isinstance(message, dict) or message.get("jsonrpc") != "2.0":
        raise BackendError("bad_request", "A line is not a JSON-RPC 2.0 message.", "Send one a line.")
    return message


def _choice(name: str, value: str, allowed: tuple[str, ...]) -> None:
    if value not in allowed:
        raise BackendError("bad_request", f"{name} is {value!r}.", f"Choose one of {', '.join(allowed)}.")


def _fits(value: Any, hint: Any) -> bool:
    """Whether a JSON value fits a simple type hint (str, int, float, bool, list[...], unions of them)."""
    origin = typing.get_origin(hint)
    if origin in (types.UnionType, typing.Union):
        return any(_fits(value, option) for option in typing.get_args(hint))
    if hint is Any:
        return True
    if isinstance(value, bool):
        return hint is bool
    if hint is float:
        return isinstance(value, (int, float))
    if hint is type(None):
        return value is None
    return isinstance(value, origin or hint)
