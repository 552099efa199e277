"""Out of memory: said, and tried once more in the smaller mode."""

from __future__ import annotations

import json
import shutil
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from numpy.typing import NDArray

from wt_backend import pipeline
from wt_backend.memory import is_out_of_memory
from wt_backend.methods import as_backend_error
from wt_backend.model.precision import FULL, SMALL, default_precision, has_small_mode, policy_for
from wt_backend.protocol import BackendError, TraceRequest


@pytest.fixture
def request_(
    tiny_model: Path,
    write_png: Callable[..., Path],
    disc_image: NDArray[np.uint8],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> TraceRequest:
    monkeypatch.setenv("WT_CACHE_DIR", str(tmp_path / "cache"))
    pipeline.unload_models()
    return TraceRequest(
        image=str(write_png(disc_image)), output=str(tmp_path / "x.wts"), model=str(tiny_model), device="cpu"
    )


NO_MEMORY = [
    MemoryError(),
    torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 2.00 GiB."),
    RuntimeError("CUDA error: out of memory\nCUDA kernel errors might be asynchronously reported"),
    RuntimeError("CUDA error: CUBLAS_STATUS_ALLOC_FAILED when calling `cublasCreate(handle)`"),
    RuntimeError("cuDNN error: CUDNN_STATUS_ALLOC_FAILED"),
    RuntimeError("cuDNN error: CUDNN_STATUS_INTERNAL_ERROR_DEVICE_ALLOCATION_FAILED"),
    RuntimeError("MPS backend out of memory (MPS allocated: 5.00 GB)."),
    RuntimeError("[enforce fail at alloc_cpu.cpp:124] . DefaultCPUAllocator: can't allocate memory"),
    RuntimeError("[enforce fail at alloc_cpu.cpp:117] data. DefaultCPUAllocator: not enough memory"),
]
OTHERWISE = [
    RuntimeError("CUDA error: CUBLAS_STATUS_NOT_INITIALIZED when calling `cublasCreate(handle)`"),
    RuntimeError("CUDA error: no kernel image is available for execution on the device"),
    ValueError("out of memory"),
]
SAID_BEFORE = BackendError("out_of_memory", "The model needs 8.1 GB of memory; 2.0 are free.")


def failing(monkeypatch: pytest.MonkeyPatch, failures: int, error: Exception) -> list[str]:
    """The first runs of the network raise an error; returns the precisions that were tried."""
    denoise, tried = pipeline.denoise, []

    def scarce(fitted: Any, loaded: Any, *rest: Any) -> Any:
        tried.append(loaded.precision)
        if len(tried) <= failures:
            raise error
        return denoise(fitted, loaded, *rest)

    monkeypatch.setattr(pipeline, "denoise", scarce)
    return tried


@pytest.mark.parametrize("error", NO_MEMORY, ids=str)
def test_memory_that_ran_out_is_told_whatever_library_says_it(error: Exception) -> None:
    assert is_out_of_memory(error)
    assert as_backend_error(error).kind == "out_of_memory"


@pytest.mark.parametrize("error", OTHERWISE, ids=str)
def test_other_errors_are_not_tried_again(
    error: Exception, request_: TraceRequest, monkeypatch: pytest.MonkeyPatch
) -> None:
    tried = failing(monkeypatch, 1, error)
    with pytest.raises(type(error)):
        pipeline.run(request_, lambda *a: None, lambda: None)
    assert tried == ["fp32"]


@pytest.mark.parametrize("error", [NO_MEMORY[1], NO_MEMORY[3], SAID_BEFORE], ids=["torch", "cublas", "said"])
def test_a_second_try_takes_less_and_says_so(
    error: Exception, request_: TraceRequest, monkeypatch: pytest.MonkeyPatch
) -> None:
    tried = failing(monkeypatch, 1, error)
    traced = pipeline.run(request_, lambda *a: None, lambda: None)
    assert tried == ["fp32", "small"]
    assert pipeline.LESS_MEMORY in traced.warnings
    assert np.isfinite(traced.stack.xyz[traced.stack.mask]).all()


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="only Linux is asked what is free")
def test_a_model_that_fits_only_in_its_smaller_mode_is_traced_in_it(
    request_: TraceRequest, tiny_model: Path, tmp_path: Path
) -> None:
    """What is free was compared with all of it, in that mode too."""
    model = Path(shutil.copy(tiny_model, tmp_path / "large.safetensors"))
    card = json.loads(tiny_model.with_suffix(".json").read_text())

    def run(size_gb: float) -> list[str]:
        model.with_suffix(".json").write_text(json.dumps(card | {"size_mb": 1000 * size_gb}))
        return pipeline.run(replace(request_, model=str(model)), lambda *a: None, lambda: None).warnings

    free = pipeline._available_gb()
    assert pipeline.LESS_MEMORY in run(free / 0.95)  # 1.26 times what is free; in that mode 0.74
    with pytest.raises(BackendError, match="GB of memory") as caught:
        run(2 * free)
    assert caught.value.kind == "out_of_memory"


def test_there_is_no_third_try(request_: TraceRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    tried = failing(monkeypatch, 2, NO_MEMORY[1])
    with pytest.raises(torch.OutOfMemoryError):
        pipeline.run(request_, lambda *a: None, lambda: None)
    assert tried == ["fp32", "small"]


def test_what_did_not_fit_is_not_tried_again_while_the_smaller_one_is_loaded(
    request_: TraceRequest, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each photo of a folder loaded the model twice."""
    tried = failing(monkeypatch, 1, NO_MEMORY[1])
    for _ in range(2):
        traced = pipeline.run(request_, lambda *a: None, lambda: None)
        assert traced.warnings.count(pipeline.LESS_MEMORY) == 1
    pipeline.unload_models()  # what took the memory may have gone as well
    pipeline.run(request_, lambda *a: None, lambda: None)
    assert tried == ["fp32", "small", "small", "fp32"]


@pytest.mark.parametrize("emulated", [True, False])
def test_a_gpu_that_only_emulates_bfloat16_does_not_use_it(
    monkeypatch: pytest.MonkeyPatch, emulated: bool
) -> None:
    """PyTorch says of all that they know it; on those before Ampere attention filled the memory."""
    monkeypatch.setattr(
        torch.cuda, "is_bf16_supported", lambda including_emulation=True: including_emulation or not emulated
    )
    device = torch.device("cuda")
    assert default_precision(device) == ("fp32" if emulated else "bf16")
    assert policy_for("small", device) is (FULL if emulated else SMALL)
    assert has_small_mode(device) is not emulated and has_small_mode(torch.device("cpu"))
