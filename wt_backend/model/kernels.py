"""The two operations that take the time, linear layers and attention, by the fastest of torch's kernels.

On a GPU, in training and on most processors that is torch's own choice. On a processor with AVX-512 it is
not:

* float32 products go to MKL, which leaves AVX-512 unused on AMD's processors; oneDNN, also in torch, uses it;
* attention's fused kernel is no faster in bfloat16 than in float32, while plain bfloat16 products are.

Times and errors of both are in docs/model.md.
"""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor

QUERIES = 256  # of one chunk, whose scores then stay near the processor


def linear(x: Tensor, weight: Tensor, bias: Tensor | None) -> Tensor:
    """x (..., K) times weight (N, K), transposed, plus bias (N,): (..., N)."""
    if x.dtype == weight.dtype and x.dtype in (torch.float32, torch.bfloat16) and _wide_processor(x):
        # contiguous, because for other strides oneDNN has a reference loop only
        return torch.ops.mkldnn._linear_pointwise(x.contiguous(), weight.contiguous(), bias, "none", [], "")
    return F.linear(x, weight, bias)


def attention(q: Tensor, k: Tensor, v: Tensor) -> Tensor:
    """Softmax attention, scale 1/sqrt(d): queries, keys, values (N, h, S, d) -> (N, h, S, d)."""
    if q.dtype == torch.bfloat16 and _wide_processor(q):
        q, k, v = (q * q.shape[-1] ** -0.5).contiguous(), k.contiguous(), v.contiguous()
        parts = [(chunk @ k.mT).softmax(dim=-1) @ v for chunk in q.split(QUERIES, dim=2)]
        return torch.cat(parts, dim=2)
    return F.scaled_dot_product_attention(q, k, v)


def _wide_processor(x: Tensor) -> bool:
    """Whether ``x`` is used for inference, in the dtypes of the weights, on a processor with AVX-512."""
    return (
        x.device.type == "cpu"
        and not torch.is_grad_enabled()
        and not torch.is_autocast_enabled("cpu")
        and torch.backends.mkldnn.is_available()
        and torch.backends.cpu.get_cpu_capability() == "AVX512"
    )
