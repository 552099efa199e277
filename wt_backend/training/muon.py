"""Muon, with the matrices of one shape updated at once: a seventh of the kernels of torch's."""

from __future__ import annotations

import math
from collections import defaultdict
from typing import Any, cast

import torch
from torch import Tensor, nn

from wt_backend.model.precision import bfloat16_pays

SETTINGS = {"momentum": 0.95, "ns_coefficients": (3.4445, -4.7750, 2.0315), "ns_steps": 5, "eps": 1e-7}
"""Jordan's, as torch has them: momentum, polynomial, rounds and least norm of the iteration."""


class Muon(torch.optim.Optimizer):
    """Orthogonalised momentum (Jordan 2024) with updates as large as AdamW's (Moonshot, arXiv 2502.16982).

    On matrices the numbers and the state are those of `torch.optim.Muon` (`adjust_lr_fn="match_rms_adamw"`),
    which takes nothing else; the filters of a convolution are the rows of one here, as Jordan has them. A
    network of many small matrices keeps a GPU waiting for kernels; the matrices of a shape share them.

    Parameters
    ----------
    matrices : list of nn.Parameter, each (M, N) or (M, ...)
    rate, decay : float
        Learning rate, and decoupled weight decay.
    """

    def __init__(self, matrices: list[nn.Parameter], rate: float, decay: float) -> None:
        super().__init__(matrices, {**SETTINGS, "lr": rate, "weight_decay": decay})

    @torch.no_grad()
    def step(self, closure: Any = None) -> Any:
        """One update of all matrices that have a gradient."""
        for group in self.param_groups:
            alike: dict[torch.Size, list[Tensor]] = defaultdict(list)
            for matrix in group["params"]:
                if matrix.grad is not None:
                    alike[matrix.shape].append(matrix)
            for matrices in alike.values():
                self._update(matrices, group)

    def _update(self, matrices: list[Tensor], group: dict[str, Any]) -> None:
        """Matrices of one shape: Nesterov's momentum, orthogonalised, and decoupled decay."""
        rate, momentum = group["lr"], group["momentum"]
        gradients = [cast(Tensor, matrix.grad) for matrix in matrices]
        for matrix in matrices:
            if "momentum_buffer" not in self.state[matrix]:
                self.state[matrix]["momentum_buffer"] = torch.zeros_like(matrix)
        averages = [self.state[matrix]["momentum_buffer"] for matrix in matrices]
        torch._foreach_lerp_(averages, gradients, 1 - momentum)
        ahead = torch.stack(torch._foreach_lerp(gradients, averages, momentum))  # (K, M, ...)
        rows = ahead.flatten(2)  # (K, M, N)
        turned = orthogonalised(rows, group["ns_coefficients"], group["ns_steps"], group["eps"])
        step_size = 0.2 * math.sqrt(max(rows.shape[1:])) * rate
        torch._foreach_mul_(matrices, 1 - rate * group["weight_decay"])
        torch._foreach_add_(matrices, list(turned.view_as(ahead).unbind()), alpha=-step_size)


def orthogonalised(
    matrices: Tensor, coefficients: tuple[float, float, float], steps: int, eps: float
) -> Tensor:
    """Draw all singular values to about 1 (Newton, Schulz; quintic): (K, M, N) -> (K, M, N), float32."""
    a, b, c = coefficients
    x = matrices.bfloat16() if bfloat16_pays(matrices.device) else matrices
    tall = x.shape[-2] > x.shape[-1]
    x = x.mT if tall else x
    x = x / torch.linalg.vector_norm(x, dim=(-2, -1), keepdim=True).clamp(min=eps)
    for _ in range(steps):
        gram = x @ x.mT
        x = torch.baddbmm(x, torch.baddbmm(gram, gram, gram, beta=b, alpha=c), x, beta=a)
    return (x.mT if tall else x).float().contiguous()  # as the parameters, or they would be added one by one
