"""Which number format each weight is used in (spec section 17).

Modules compute in the dtype of their weights, so this table is the whole mixed-precision policy.
On CUDA it repeats what the released models were run with; elsewhere there is no fast float16, and encoder and
head follow what was measured (docs/model.md).
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Literal, cast

import torch
from torch import nn

from wt_backend.model.layers import Attention
from wt_backend.model.wt_dit import WTDiT

Precision = Literal["fp32", "bf16", "small"]  # small: what is left to try when memory was not enough

_MATRICES = r"(attn\.qkv|attn\.proj|mlp\.fc1|mlp\.fc2)\.(weight|bias)$"
_DECODER = re.compile(rf"(net\.decoder_blocks|temporal_blocks)\..*{_MATRICES}")
_INPUT = re.compile(r"net\.(feature_projection|geo_noise_projection)\.")
_HEAD = re.compile(rf"net\.latents_projection\.geo_blocks\..*{_MATRICES}")
_ENCODER = re.compile(r"net\.encoder\.(?!final_project)")
_ENCODER_MATRICES = re.compile(rf"net\.encoder\.blocks\..*{_MATRICES}")


@dataclass(frozen=True)
class Policy:
    """Number formats of the network's regions.

    Attributes
    ----------
    decoder
        Matrices of decoder and temporal blocks, and the two input projections.
    encoder
        Matrices of the encoder.
    encoder_stream
        The encoder's other weights, and with them its residual stream.
    head
        Matrices of the head's blocks.
    head_attention
        What the head's attention kernel computes in; None: as its inputs.
    """

    decoder: torch.dtype = torch.float32
    encoder: torch.dtype = torch.float32
    encoder_stream: torch.dtype = torch.float32
    head: torch.dtype = torch.float32
    head_attention: torch.dtype | None = None

    def dtype_of(self, name: str) -> torch.dtype:
        """Number format of one parameter or buffer, by its checkpoint name."""
        if _DECODER.match(name) or _INPUT.match(name):
            return self.decoder
        if _HEAD.match(name):
            return self.head
        if _ENCODER_MATRICES.match(name):
            return self.encoder
        return self.encoder_stream if _ENCODER.match(name) else torch.float32


FULL = Policy()
RELEASED = Policy(
    decoder=torch.bfloat16,
    encoder=torch.float16,
    encoder_stream=torch.float16,
    head_attention=torch.bfloat16,
)
SMALL = replace(RELEASED, head=torch.bfloat16)
BRAIN = Policy(decoder=torch.bfloat16, encoder=torch.bfloat16, head=torch.bfloat16)


def policy_for(precision: Precision, device: torch.device) -> Policy:
    """The policy of a precision on a kind of device."""
    if precision == "fp32":
        return FULL
    if device.type != "cuda":
        return BRAIN
    if precision == "bf16":
        return RELEASED
    return SMALL if bfloat16_pays(device) else FULL


def has_small_mode(device: torch.device) -> bool:
    """Whether "small" takes less memory than `default_precision` there."""
    return policy_for("small", device) is not policy_for(default_precision(device), device)


def bfloat16_pays(device: torch.device) -> bool:
    """Whether products in bfloat16 are faster than in float32: a GPU that emulates them is slow and fills up.

    On a processor without AVX-512 they take some twenty times as long (docs/training.md, *The CPU road*).
    """
    if device.type == "cuda":
        return torch.cuda.is_bf16_supported(including_emulation=False)
    return device.type == "cpu" and torch.backends.cpu.get_cpu_capability() == "AVX512"


def default_precision(device: torch.device) -> Precision:
    """bfloat16 on a GPU that has it; elsewhere float32, for not every processor multiplies less faster."""
    return "bf16" if device.type == "cuda" and bfloat16_pays(device) else "fp32"


def convert(model: WTDiT, policy: Policy) -> WTDiT:
    """Put every weight of a loaded model into its precision of use, in place."""
    for name, tensor in _tensors(model):
        tensor.data = tensor.data.to(policy.dtype_of(name))
    prepare(model, policy)
    return model


def prepare(model: WTDiT, policy: Policy) -> None:
    """Set the part of a policy that is not a weight's dtype: the kernel of the head's attention."""
    for module in model.net.latents_projection.geo_blocks.modules():
        if isinstance(module, Attention):
            module.kernel_dtype = policy.head_attention


def _tensors(model: nn.Module) -> Iterable[tuple[str, torch.Tensor]]:
    yield from model.named_parameters()
    yield from cast(Iterable[tuple[str, torch.Tensor]], model.named_buffers())
