"""The encoder's lesson: cells in their places, what counts of the truth, and who learns from it."""

from __future__ import annotations

import pytest
import torch

from tests.backend.model.test_stem import NETWORK
from wt_backend.flow.normalisation import Normalisation
from wt_backend.model.wt_dit import WTDiT
from wt_backend.training.config import ObjectiveConfig
from wt_backend.training.lesson import CELL, Lesson
from wt_backend.training.objective import FlowObjective

PATCH, LAYERS, SIDE = 14, 6, 3
CELLS = PATCH // CELL


def telling(
    depth: torch.Tensor, slope_weight: float = 0.0, gap_weight: float = 0.0
) -> tuple[Lesson, torch.Tensor]:
    """A lesson, and tokens out of which it reads a depth (B, L, H, W): each holds what it has to say."""
    lesson = Lesson(LAYERS * CELLS**2, LAYERS, PATCH, slope_weight, gap_weight)
    with torch.no_grad():
        lesson.head.weight.copy_(torch.eye(LAYERS * CELLS**2))
    cells = torch.nn.functional.avg_pool2d(depth, CELL)
    tiles = cells.unflatten(3, (SIDE, CELLS)).unflatten(2, (SIDE, CELLS))  # (B, L, rows, c, columns, c)
    return lesson, tiles.permute(0, 2, 4, 1, 3, 5).flatten(3).flatten(1, 2)


def example() -> tuple[torch.Tensor, torch.Tensor]:
    torch.manual_seed(0)
    depth = torch.randn(2, LAYERS, SIDE * PATCH, SIDE * PATCH)
    return depth, torch.ones_like(depth).bool()


def test_every_cell_is_read_from_the_token_of_its_patch() -> None:
    depth, _ = example()
    lesson, tokens = telling(depth)
    torch.testing.assert_close(lesson.depth(tokens), torch.nn.functional.avg_pool2d(depth, CELL))


def test_the_truth_costs_nothing_and_cells_with_a_pixel_without_truth_do_not_count() -> None:
    depth, valid = example()
    lesson, tokens = telling(depth, slope_weight=1.0, gap_weight=1.0)
    assert lesson(tokens, depth, valid, torch.ones(2)) < 1e-10
    wrong = depth.clone()
    wrong[1, :, 4:6, 8:10] += 100
    valid[1, :, 5, 8] = False  # one of the four pixels of that cell
    assert lesson(tokens, wrong, valid, torch.ones(2)) < 1e-10
    valid[1, :, 5, 8] = True
    assert lesson(tokens, wrong, valid, torch.ones(2)) > 1
    assert lesson(tokens, wrong, valid, torch.tensor([1.0, 0.0])) < 1e-10


@pytest.mark.parametrize(("layer", "added"), [(0, 0.5), (1, 0.0)])
def test_the_visible_surface_also_learns_how_it_leans(layer: int, added: float) -> None:
    flat, valid = torch.zeros_like(example()[0]), example()[1]
    leaning = flat.clone()
    leaning[:, layer] = torch.arange(SIDE * PATCH) / (SIDE * PATCH)
    errors = []
    for weight in (0.0, 1.0):
        lesson, tokens = telling(flat, weight)
        errors.append(lesson(tokens, leaning, valid, torch.ones(2)).item())
    assert errors[1] - errors[0] == pytest.approx(added, abs=0.02)


@pytest.mark.parametrize("draws", [0, 1])
def test_without_a_draw_the_encoder_learns_alone(draws: int) -> None:
    torch.manual_seed(0)
    model = WTDiT(NETWORK)
    objective = FlowObjective(model, Normalisation("median_log"), ObjectiveConfig(lesson_weight=0.5))
    side = NETWORK.image_size
    batch = {
        "rgb": torch.randint(0, 255, (2, side, side, 3), dtype=torch.uint8),
        "mask": torch.ones(2, side, side, dtype=torch.bool),
        "depth": 1 + torch.rand(2, 6, side, side).cumsum(1),
        "intrinsics": torch.tensor([[side, 0, side / 2], [0, side, side / 2], [0, 0, 1.0]]).expand(2, 3, 3),
        "scene": torch.tensor([False, True]),
    }
    losses = objective(batch, draws)
    losses["loss"].backward()
    learned = {name for name, value in objective.named_parameters() if value.grad is not None}
    mine = {"model.net.encoder.final_project.weight", "lesson.head.weight"}
    assert mine <= learned
    if draws:
        assert any("decoder_blocks" in name for name in learned)
        assert losses["loss"] > 0.5 * losses["lesson"] > 0
    else:
        assert all(name.startswith(("model.net.encoder.", "lesson.")) for name in learned)
        assert losses["loss"].item() == pytest.approx(0.5 * losses["lesson"].item())
