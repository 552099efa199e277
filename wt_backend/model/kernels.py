"""The two operations that take the time, linear layers and attention, by the fastest of torch's kernels.

On a GPU that is torch's own choice, and mostly on a processor. There it is not for

* float32 products, given AVX-512: MKL leaves it unused on AMD's processors; oneDNN, also in torch, uses it;
* attention in bfloat16, given AVX-512: the fused kernel is no faster than in float32, plain products are;
* attention over short sequences in training: the fused kernel's backward pass is slower than plain products.

Times and errors are in docs/model.md. torch promises nothing about its operator of oneDNN's product:
where a build lacks it, refuses it or answers wrongly, the public one stays.
"""

from __future__ import annotations

from functools import cache

import torch
import torch.nn.functional as F
from torch import Tensor

QUERIES = 256  # of one chunk, whose scores then stay near the processor; a short sequence has no more


def linear(x: Tensor, weight: Tensor, bias: Tensor | None) -> Tensor:
    """x (..., K) times weight (N, K), transposed, plus bias (N,): (..., N)."""
    if x.dtype == weight.dtype and _wide_processor(x) and onednn_works(x.dtype):
        return _onednn(x, weight, bias)
    return F.linear(x, weight, bias)


@cache
def onednn_works(dtype: torch.dtype) -> bool:
    """Whether this build of torch has oneDNN's product for ``dtype``: one small product tells, once."""
    tolerance = {torch.float32: 1e-5, torch.bfloat16: 0.05}.get(dtype)
    if tolerance is None:
        return False
    numbers = torch.linspace(-1, 1, 176, device="cpu").to(dtype)
    x, weight = numbers[:48].view(3, 16), numbers[48:].view(8, 16)
    try:
        values = [_onednn(x, weight, bias) for bias in (None, weight[:, 0])]
    except (AttributeError, RuntimeError, TypeError):  # no such operator, not for this build, other arguments
        return False
    wanted = [F.linear(x, weight, bias) for bias in (None, weight[:, 0])]
    return all(torch.allclose(a, b, rtol=0, atol=tolerance) for a, b in zip(values, wanted, strict=True))


def _onednn(x: Tensor, weight: Tensor, bias: Tensor | None) -> Tensor:
    """All contiguous: other strides take a reference loop, and those of a bias are ignored."""
    offset = None if bias is None else bias.contiguous()
    return torch.ops.mkldnn._linear_pointwise(x.contiguous(), weight.contiguous(), offset, "none", [], "")


def attention(q: Tensor, k: Tensor, v: Tensor) -> Tensor:
    """Softmax attention, scale 1/sqrt(d): queries, keys, values (N, h, S, d) -> (N, h, S, d)."""
    if _learning_on_processor(q) and q.shape[-2] <= QUERIES:
        return ((q * q.shape[-1] ** -0.5) @ k.mT).softmax(dim=-1) @ v
    if q.dtype == torch.bfloat16 and _wide_processor(q):
        q, k, v = (q * q.shape[-1] ** -0.5).contiguous(), k.contiguous(), v.contiguous()
        parts = [(chunk @ k.mT).softmax(dim=-1) @ v for chunk in q.split(QUERIES, dim=2)]
        return torch.cat(parts, dim=2)
    return F.scaled_dot_product_attention(q, k, v)


def _learning_on_processor(x: Tensor) -> bool:
    """Whether a processor keeps what a backward pass needs."""
    return x.device.type == "cpu" and torch.is_grad_enabled()


def _wide_processor(x: Tensor) -> bool:
    """Whether ``x`` is used for inference, in the dtypes of the weights, on a processor with AVX-512."""
    return (
        x.device.type == "cpu"
        and not torch.is_grad_enabled()
        and not torch.is_autocast_enabled("cpu")
        and torch.backends.mkldnn.is_available()
        and torch.backends.cpu.get_cpu_capability() == "AVX512"
    )
