"""Chosen kernels give the numbers of torch's own, for any shape and layout."""

from __future__ import annotations

import subprocess
import sys
import time
from pathlib import Path

import pytest
import torch
import torch.nn.functional as F
from torch import Tensor

from wt_backend.model import kernels


def relative(value: Tensor, wanted: Tensor) -> float:
    return ((value.double() - wanted.double()).abs().max() / wanted.double().abs().max()).item()


@pytest.mark.parametrize("shape", [(7,), (1, 7), (3, 5, 7), (0, 7)])
@pytest.mark.parametrize("bias", [True, False])
def test_linear(shape: tuple[int, ...], bias: bool) -> None:
    x, weight, offset = torch.randn(shape), torch.randn(9, 7), torch.randn(9) if bias else None
    with torch.inference_mode():
        result = kernels.linear(x, weight, offset)
    wanted = F.linear(x, weight, offset)
    assert result.shape == wanted.shape
    assert torch.allclose(result, wanted, atol=1e-5)


def test_linear_of_views_is_as_fast_as_of_copies() -> None:
    """oneDNN takes seconds for a product of this size where the strides are unusual."""
    x = torch.randn(1024, 4, 256).transpose(0, 1)[1]
    weight = torch.randn(512, 1024)[:, 256:512]
    began = time.process_time()
    with torch.inference_mode():
        result = kernels.linear(x, weight, None)
    assert time.process_time() - began < 1.0
    assert relative(result, F.linear(x, weight)) < 1e-5


def test_a_bias_may_have_strides() -> None:
    """oneDNN reads it as if it had none."""
    x, weight, offset = torch.randn(5, 7), torch.randn(9, 7), torch.randn(9, 2)[:, 0]
    with torch.inference_mode():
        assert relative(kernels.linear(x, weight, offset), F.linear(x, weight, offset)) < 1e-5


@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16])
def test_the_pinned_torch_has_the_operator(dtype: torch.dtype) -> None:
    """Wherever it would be asked for; elsewhere there is nothing to lose."""
    with torch.inference_mode():
        assert kernels.onednn_works(dtype) or not kernels._wide_processor(torch.zeros(1, dtype=dtype))


@pytest.mark.parametrize("sequence", [1, 6, 511, 1100])
def test_attention_in_bfloat16(sequence: int) -> None:
    q, k, v = torch.randn(3, 2, sequence, 3, 16).transpose(2, 3).bfloat16()  # (N, h, S, d) each
    with torch.inference_mode():
        result = kernels.attention(q, k, v)
    wanted = F.scaled_dot_product_attention(q.double(), k.double(), v.double())
    assert result.dtype == torch.bfloat16
    assert relative(result, wanted) < 0.02


@pytest.mark.parametrize("sequence", [1, 6, 96, 300])
def test_attention_and_its_gradients_in_training(sequence: int) -> None:
    tensors = torch.randn(3, 2, 3, sequence, 16)  # (N, h, S, d) each
    results = []
    for attention in (kernels.attention, F.scaled_dot_product_attention):
        q, k, v = (tensor.clone().requires_grad_() for tensor in tensors)
        result = attention(q, k, v)
        result.square().sum().backward()
        results.append([result, *(x.grad for x in (q, k, v) if x.grad is not None)])
    assert len(results[0]) == len(results[1]) == 4
    for value, wanted in zip(*results, strict=True):
        assert torch.allclose(value, wanted, rtol=1e-4, atol=1e-5)


def test_autocast_still_decides_the_dtype() -> None:
    x, weight = torch.randn(4, 8), torch.randn(8, 8)
    with torch.inference_mode(), torch.autocast("cpu", torch.bfloat16):
        assert kernels.linear(x, weight, None).dtype == torch.bfloat16


def test_gradients_pass_in_training() -> None:
    x, weight = torch.randn(4, 8, requires_grad=True), torch.randn(8, 8, requires_grad=True)
    kernels.linear(x, weight, None).sum().backward()
    q = torch.randn(1, 1, 5, 4, dtype=torch.bfloat16, requires_grad=True)
    kernels.attention(q, q, q).sum().backward()
    assert x.grad is not None and weight.grad is not None and q.grad is not None


WITHOUT_ONEDNN = """
import torch
from torch.nn.functional import linear

{change}
from wt_backend.model import kernels

with torch.inference_mode():
    for dtype in (torch.float32, torch.bfloat16):
        x, weight = torch.randn(5, 24, dtype=dtype), torch.randn(6, 24, dtype=dtype)
        assert torch.equal(kernels.linear(x, weight, None), linear(x, weight))
        assert not kernels.onednn_works(dtype)
"""
REGISTER = """
library = torch.library.Library("mkldnn", "IMPL")
library.impl("_linear_pointwise", {body}, "CPU", allow_override=True)
"""


@pytest.mark.parametrize(
    "change",
    [
        "del torch.ops.mkldnn; torch.ops.mkldnn = object()",
        REGISTER.format(body="lambda *a: (_ for _ in ()).throw(RuntimeError('not in this build'))"),
        REGISTER.format(body="lambda x, w, *a: torch.zeros(len(x), len(w), dtype=x.dtype)"),
    ],
    ids=["missing", "refuses", "answers wrongly"],
)
def test_a_build_without_the_operator_uses_the_public_one(change: str) -> None:
    """In a process of its own: torch's operators are changed there."""
    code = WITHOUT_ONEDNN.format(change=change)
    root = Path(__file__).parents[3]
    ended = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=root)
    assert ended.returncode == 0, ended.stderr


def test_other_dtypes_are_left_to_torch() -> None:
    x, weight = torch.randn(2, 4, dtype=torch.float64), torch.randn(3, 4, dtype=torch.float64)
    with torch.inference_mode():
        assert torch.equal(kernels.linear(x, weight, None), F.linear(x, weight))
