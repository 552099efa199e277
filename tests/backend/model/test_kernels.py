"""Chosen kernels give the numbers of torch's own, for any shape and layout."""

from __future__ import annotations

import time

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


@pytest.mark.parametrize("sequence", [1, 6, 511, 1100])
def test_attention_in_bfloat16(sequence: int) -> None:
    q, k, v = torch.randn(3, 2, sequence, 3, 16).transpose(2, 3).bfloat16()  # (N, h, S, d) each
    with torch.inference_mode():
        result = kernels.attention(q, k, v)
    wanted = F.scaled_dot_product_attention(q.double(), k.double(), v.double())
    assert result.dtype == torch.bfloat16
    assert relative(result, wanted) < 0.02


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
