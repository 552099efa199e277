"""Out of memory: said, and tried once more in the smaller mode."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from numpy.typing import NDArray

from wt_backend import pipeline
from wt_backend.protocol import TraceRequest


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


def failing(monkeypatch: pytest.MonkeyPatch, failures: int) -> list[str]:
    """The first runs of the network find no memory; returns the precisions that were tried."""
    denoise, tried = pipeline.denoise, []

    def scarce(fitted: Any, loaded: Any, *rest: Any) -> Any:
        tried.append(loaded.precision)
        if len(tried) <= failures:
            raise torch.OutOfMemoryError("CUDA out of memory")
        return denoise(fitted, loaded, *rest)

    monkeypatch.setattr(pipeline, "denoise", scarce)
    return tried


def test_a_second_try_takes_less_and_says_so(request_: TraceRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    tried = failing(monkeypatch, 1)
    traced = pipeline.run(request_, lambda *a: None, lambda: None)
    assert tried == ["fp32", "small"]
    assert pipeline.LESS_MEMORY in traced.warnings
    assert np.isfinite(traced.stack.xyz[traced.stack.mask]).all()


def test_there_is_no_third_try(request_: TraceRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    tried = failing(monkeypatch, 2)
    with pytest.raises(torch.OutOfMemoryError):
        pipeline.run(request_, lambda *a: None, lambda: None)
    assert tried == ["fp32", "small"]
