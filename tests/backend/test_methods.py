"""What the worker says of itself, where a model can run, and of what went wrong."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace

import pytest
import torch

from wt_backend import methods
from wt_backend.stack import LayerStack, StackError


def cuda(monkeypatch: pytest.MonkeyPatch, broken: dict[int, Exception], starts: bool = True) -> None:
    """A machine with two GPUs and a PyTorch for them; asking for the broken ones raises."""

    def properties(index: int) -> SimpleNamespace:
        if index in broken:
            raise broken[index]
        return SimpleNamespace(name=f"GPU {index}", total_memory=8e9)

    monkeypatch.setattr(methods, "_torch_version", lambda: "2.13.0+cu126")
    monkeypatch.setattr(torch.cuda, "is_available", lambda: starts)
    monkeypatch.setattr(torch.cuda, "device_count", lambda: 2)
    monkeypatch.setattr(torch.cuda, "get_device_properties", properties)
    monkeypatch.setattr(torch.backends.mps, "is_available", lambda: False)


def test_gpus_come_before_the_processor(monkeypatch: pytest.MonkeyPatch) -> None:
    cuda(monkeypatch, {})
    assert [(one.id, one.name) for one in methods.devices()[:2]] == [("cuda:0", "GPU 0"), ("cuda:1", "GPU 1")]
    assert [one.id for one in methods.devices()] == ["cuda:0", "cuda:1", "cpu"]


def test_a_driver_that_counts_gpus_but_cannot_start_them_leaves_the_processor(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The count comes from the driver's library, which works where the driver is too old for CUDA."""
    error = RuntimeError("The NVIDIA driver on your system is too old (found version 11040).")
    cuda(monkeypatch, {0: error, 1: error}, starts=False)
    assert [one.id for one in methods.devices()] == ["cpu"]


@pytest.mark.parametrize("error", [RuntimeError("CUDA error: unknown error"), AssertionError("Invalid id")])
def test_a_gpu_that_does_not_answer_is_left_out_and_logged(
    error: Exception, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    cuda(monkeypatch, {0: error})
    assert [one.id for one in methods.devices()] == ["cuda:1", "cpu"]
    assert "cuda:0" in caplog.text and str(error) in caplog.text


def test_what_is_wrong_with_a_stack_is_a_whole_sentence(tmp_path: Path) -> None:
    """Its hint is read right after it."""
    with pytest.raises(StackError) as caught:
        LayerStack.load(tmp_path / "none.wts")
    error = methods.as_backend_error(caught.value)
    assert error.kind == "bad_stack" and error.message.endswith("check the path and its permissions.")
