"""Which build of PyTorch suits this machine, decided before PyTorch exists. No bpy.

uv knows drivers (its `--torch-backend auto` covers CUDA by driver version, ROCm, XPU and the CPU; on macOS
there is one build, with MPS). What it does not look at is the generation of an NVIDIA GPU: builds for CUDA
12.8 and newer leave out those before Turing, which the CUDA 12.6 builds still have.
"""

from __future__ import annotations

import ctypes
import sys

AUTO = "auto"
OLD_GPU = "cu126"
TURING = (7, 5)
_MAJOR, _MINOR = 75, 76  # cuDeviceGetAttribute: compute capability


def torch_backend(capability: tuple[int, int] | None) -> str:
    """What to ask of uv, given the compute capability of the NVIDIA GPU (None: no such GPU)."""
    return OLD_GPU if capability is not None and capability < TURING else AUTO


def nvidia_capability() -> tuple[int, int] | None:
    """Compute capability of the first NVIDIA GPU, asked of its driver; None without one."""
    name = "nvcuda.dll" if sys.platform == "win32" else "libcuda.so.1"
    try:
        driver = ctypes.CDLL(name)
    except OSError:
        return None
    device, major, minor = ctypes.c_int(), ctypes.c_int(), ctypes.c_int()
    calls = (
        lambda: driver.cuInit(0),
        lambda: driver.cuDeviceGet(ctypes.byref(device), 0),
        lambda: driver.cuDeviceGetAttribute(ctypes.byref(major), _MAJOR, device),
        lambda: driver.cuDeviceGetAttribute(ctypes.byref(minor), _MINOR, device),
    )
    if any(call() != 0 for call in calls):
        return None
    return major.value, minor.value
