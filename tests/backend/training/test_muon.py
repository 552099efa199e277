"""Our Muon against torch's, which updates one matrix after the other."""

from __future__ import annotations

from copy import deepcopy

import pytest
import torch
from torch import nn

from wt_backend.training import muon
from wt_backend.training.muon import Muon, orthogonalised

SHAPES = [(24, 8), (8, 8), (8, 24), (24, 8), (8, 8), (24, 8)]
COEFFICIENTS = (3.4445, -4.7750, 2.0315)


@pytest.fixture(params=[True, False], ids=["bfloat16", "float32"], autouse=True)
def in_bfloat16(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> bool:
    """The iteration as on each kind of processor, whichever this is."""
    monkeypatch.setattr(muon, "bfloat16_pays", lambda device: request.param)
    return request.param


def matrices(seed: int) -> list[nn.Parameter]:
    generator = torch.Generator().manual_seed(seed)
    return [nn.Parameter(torch.randn(shape, generator=generator)) for shape in SHAPES]


def give_gradients(parameters: list[nn.Parameter], seed: int) -> None:
    for parameter, gradient in zip(parameters, matrices(seed), strict=True):
        parameter.grad = gradient.detach().clone()


def torchs(parameters: list[nn.Parameter]) -> torch.optim.Muon:
    return torch.optim.Muon(parameters, lr=0.01, weight_decay=0.1, adjust_lr_fn="match_rms_adamw")


def test_updates_are_those_of_torch() -> None:
    ours, theirs = matrices(0), matrices(0)
    mine, reference = Muon(ours, 0.01, 0.1), torchs(theirs)
    for step in range(4):
        for parameters in (ours, theirs):
            give_gradients(parameters, 10 + step)
            parameters[step].grad = None  # one is left out: it neither moves nor decays
        mine.step()
        reference.step()
        for a, b in zip(ours, theirs, strict=True):
            # torch's iteration is in bfloat16, and products of a batch may be added in another order.
            torch.testing.assert_close(a, b, rtol=0, atol=4e-4)
    moved = [(a - b).abs().max() for a, b in zip(ours, matrices(0), strict=True)]
    assert min(moved) > 0.005


def test_goes_on_from_the_state_of_torchs() -> None:
    ours, theirs = matrices(0), matrices(0)
    reference = torchs(theirs)
    give_gradients(theirs, 1)
    reference.step()
    mine = Muon(ours, 0.5, 0.5)
    mine.load_state_dict(deepcopy(reference.state_dict()))
    for a, b in zip(ours, theirs, strict=True):
        a.data.copy_(b.data)
    for parameters, optimiser in ((ours, mine), (theirs, reference)):
        give_gradients(parameters, 2)
        optimiser.step()
    for a, b in zip(ours, theirs, strict=True):
        torch.testing.assert_close(a, b, rtol=0, atol=2e-4)


def test_filters_of_a_convolution_are_rows_of_a_matrix() -> None:
    generator = torch.Generator().manual_seed(5)
    values, gradient = (torch.randn(8, 3, 2, 2, generator=generator) for _ in range(2))
    filters, rows = nn.Parameter(values.clone()), nn.Parameter(values.flatten(1).clone())
    filters.grad, rows.grad = gradient.clone(), gradient.flatten(1)
    for parameter in (filters, rows):
        Muon([parameter], 0.01, 0.1).step()
    assert torch.equal(filters.flatten(1), rows)
    assert not torch.equal(filters, values)


@pytest.mark.parametrize("shape", [(3, 24, 8), (2, 8, 24), (1, 16, 16)])
def test_singular_values_come_near_one(shape: tuple[int, int, int]) -> None:
    generator = torch.Generator().manual_seed(3)
    left, _ = torch.linalg.qr(torch.randn(*shape[:2], shape[1], generator=generator))
    right, _ = torch.linalg.qr(torch.randn(shape[0], shape[2], shape[2], generator=generator))
    rank = min(shape[1:])
    values = torch.linspace(0.2, 1, rank) * 7
    matrix = left[:, :, :rank] @ (values[:, None] * right[:, :rank])
    turned = orthogonalised(matrix, COEFFICIENTS, 5, 1e-7)
    assert turned.shape == shape
    singular = torch.linalg.svdvals(turned)
    assert singular.min() > 0.5 and singular.max() < 1.5
    torch.testing.assert_close(turned, left[:, :, :rank] @ right[:, :rank], rtol=0, atol=0.35)


def test_a_gradient_of_zeros_does_no_harm() -> None:
    assert torch.equal(orthogonalised(torch.zeros(2, 4, 3), COEFFICIENTS, 5, 1e-7), torch.zeros(2, 4, 3))
