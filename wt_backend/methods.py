"""The methods that the worker offers, and how an exception becomes an answer.

Packages add methods by a `METHODS` table (name → callable of parameters, progress, cancel); nothing here, and
none of those tables, imports torch before a method is called.
"""

from __future__ import annotations

import logging
import platform
import re
from functools import cache
from importlib import import_module, metadata

from wt_backend import __version__, packages
from wt_backend.jobs import Cancel, Method, Progress, lazy_method
from wt_backend.memory import is_disk_full, is_out_of_memory
from wt_backend.protocol import (
    PROTOCOL,
    BackendError,
    Device,
    InitializeResult,
    Message,
    TraceRequest,
    from_params,
    to_params,
)

PROVIDERS = (
    "wt_backend.geometry",
    "wt_backend.projection",
    "wt_backend.checkpoints",
    "wt_backend.footage",
)


_OTHER_GPU = re.compile(
    r"no kernel image|driver version is insufficient|driver on your system is too old|forward compatibility"
)

_LIBRARY = re.compile(r"error loading .* dependencies|cannot open shared object", re.IGNORECASE)

_logger = logging.getLogger(__name__)  # `log` is the path of the log file here


def exists(name: str) -> bool:
    """Whether there is such a method."""
    return name in _table()


def call(name: str, params: Message, progress: Progress, cancel: Cancel) -> Message:
    """Run a method. Raises whatever it raises; see `as_backend_error`."""
    return _table()[name](params, progress, cancel)


def as_backend_error(error: Exception, log: str = "") -> BackendError:
    """The answer for an exception that nobody foresaw.

    Parameters
    ----------
    error
    log : str
        Path of the file that holds the traceback.
    """
    if isinstance(error, BackendError):
        return error
    if isinstance(error, ModuleNotFoundError) and packages.missing():  # it may be one that those bring along
        return packages.missing_error()
    from wt_backend.stack import StackError

    if isinstance(error, StackError):
        return BackendError("bad_stack", f"{error}.", "Choose another stack or trace the image again.", log)
    if is_out_of_memory(error):
        return BackendError(
            "out_of_memory",
            "There is not enough memory for this.",
            "Close other programs, or choose a smaller model or another device.",
            log,
        )
    if isinstance(error, RuntimeError) and _OTHER_GPU.search(str(error)):
        return BackendError(
            "model_missing",
            f"PyTorch cannot use this GPU: {_first_line(error)}.",
            "Choose another PyTorch build in the preferences (CUDA 12.6 for older GPUs and drivers) and "
            "install it, or set Device to cpu.",
            log,
        )
    if _library_missing(error):
        return BackendError(
            "model_missing",
            f"A library of the backend cannot be loaded: {_first_line(error)}.",
            "Install the backend again. On Windows the Microsoft Visual C++ Redistributable may be missing.",
            log,
        )
    if isinstance(error, OSError) and is_disk_full(error):
        return BackendError("disk_full", "The disk is full.", "Free some space and try again.", log)
    if isinstance(error, OSError) and error.filename:
        reason = f"{error.filename} cannot be used ({error.strerror})."
        return BackendError("access", reason, "Check the path and its permissions.", log)
    sentence = f"Something went wrong in the backend ({type(error).__name__}: {error!s:.200})."
    return BackendError("internal", sentence, f"Please report it with the log file {log}.", log)


@cache
def _table() -> dict[str, Method]:
    table: dict[str, Method] = {
        "initialize": _initialize,
        "trace": _trace,
        "subject/cut_out": lazy_method("wt_backend.cut_out"),
        "models/list": lambda params, progress, cancel: {"models": _models()},
        "models/unload": _unload,
    }
    for name in PROVIDERS:
        table.update(import_module(name).METHODS)
    return table


def _initialize(params: Message, progress: Progress, cancel: Cancel) -> Message:
    if "torch" in packages.missing():  # better said now than at the first trace
        raise packages.missing_error()
    from wt_backend.checkpoints.registry import models

    result = InitializeResult(
        __version__, PROTOCOL, platform.python_version(), _torch_version(), devices(), models()
    )
    return to_params(result)


def _trace(params: Message, progress: Progress, cancel: Cancel) -> Message:
    request = from_params(TraceRequest, params)
    progress("load", 0, 1)  # the first import of torch takes seconds
    from wt_backend.pipeline import trace_to_file

    return to_params(trace_to_file(request, progress, cancel))


def _unload(params: Message, progress: Progress, cancel: Cancel) -> Message:
    from wt_backend.pipeline import unload_models

    unload_models()
    return {}


def _models() -> list[Message]:
    from wt_backend.checkpoints.registry import models

    return [to_params(entry) for entry in models()]


def _torch_version() -> str:
    try:
        return metadata.version("torch")
    except metadata.PackageNotFoundError:
        return ""


def devices() -> list[Device]:
    """Where a model can run, the best first. A CPU build of torch answers without being imported."""
    cpu = Device("cpu", platform.processor() or platform.machine(), round(_memory_bytes() / 1e9, 1))
    version = _torch_version()
    if not version or version.endswith("+cpu"):
        return [cpu]
    import torch

    found = _cuda_devices()
    if torch.backends.mps.is_available():
        found.append(Device("mps", "Apple GPU", cpu.memory_gb))
    return [*found, cpu]


def _cuda_devices() -> list[Device]:
    """The GPUs that CUDA can start on; those that it only counts are left out, and the log says why."""
    import torch

    if not torch.cuda.is_available():  # its count may be the driver's, too old for this PyTorch
        return []
    found = []
    for index in range(torch.cuda.device_count()):
        try:
            properties = torch.cuda.get_device_properties(index)
        except (RuntimeError, AssertionError) as error:
            _logger.warning("cuda:%d is left out: %s", index, error)
            continue
        found.append(Device(f"cuda:{index}", properties.name, round(properties.total_memory / 1e9, 1)))
    return found


def _memory_bytes() -> int:
    """Physical memory; 0 where the platform does not say."""
    import os

    try:
        return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    except (AttributeError, ValueError, OSError):
        return 0


def _library_missing(error: Exception) -> bool:
    """Python raises an ImportError for its extensions, PyTorch an OSError for what it loads itself."""
    if isinstance(error, ImportError):
        return not isinstance(error, ModuleNotFoundError)
    return isinstance(error, OSError) and _LIBRARY.search(str(error)) is not None


def _first_line(error: Exception) -> str:
    return str(error).strip().partition("\n")[0].rstrip(".")[:200]
