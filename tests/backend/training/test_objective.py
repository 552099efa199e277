"""The objective: depth filling, unprojection, noise levels, and a loss that is zero for a perfect network."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor, nn

from tests.backend.model.test_stem import NETWORK
from wt_backend.flow.normalisation import Normalisation
from wt_backend.model.wt_dit import WTDiT
from wt_backend.training.config import ObjectiveConfig
from wt_backend.training.noise_levels import draw_noise_levels
from wt_backend.training.objective import FlowObjective, fill_depth, some_patches, unproject, within
from wt_backend.training.slopes import slope_error

NORMALISATION = Normalisation("median_log", (0.0, 0.0, 0.05), (0.25, 0.25, 0.25))


class Oracle(nn.Module):
    """Predicts what it is told, so that the loss's own arithmetic is what is tested."""

    def __init__(self, answer: Tensor) -> None:
        super().__init__()
        self.answer = answer
        self.seen: list[Tensor] = []
        self.times: list[Tensor] = []

    def condition(self, rgb: Tensor) -> None:
        return None

    def predict_x0(self, x: Tensor, t: Tensor, cond: None) -> Tensor:
        self.seen.append(x)
        self.times.append(t)
        return self.answer.repeat_interleave(len(x) // len(self.answer), dim=0)[:, None]


def batch_of(depth: Tensor, mask: Tensor) -> dict[str, Tensor]:
    b, _, height, width = depth.shape
    intrinsics = torch.tensor([[width, 0, width / 2], [0, height, height / 2], [0, 0, 1.0]])
    return {
        "rgb": torch.randint(0, 255, (b, height, width, 3), dtype=torch.uint8),
        "mask": mask,
        "depth": depth,
        "intrinsics": intrinsics.expand(b, 3, 3),
        "scene": torch.tensor([False, True])[:b],
    }


def example() -> dict[str, Tensor]:
    torch.manual_seed(3)
    depth = torch.cumsum(0.1 + torch.rand(2, 6, 8, 8), dim=1)
    depth[:, 3:] = 0  # three hits a ray, the rest is to be filled
    depth[0, :, :2] = 0  # rays that hit nothing
    mask = torch.ones(2, 8, 8, dtype=torch.bool)
    mask[1, 5:] = False
    return batch_of(depth, mask)


def truth(batch: dict[str, Tensor]) -> Tensor:
    depth = torch.where(batch["depth"][:, :1] > 0, fill_depth(batch["depth"]), 1.0)
    return NORMALISATION.encode(unproject(depth, batch["intrinsics"]))


def test_fill_depth_repeats_the_last_hit() -> None:
    depth = torch.tensor([1.0, 2.0, 0.0, 0.0]).view(1, 4, 1, 1)
    assert fill_depth(depth).flatten().tolist() == [1.0, 2.0, 2.0, 2.0]


def test_unprojected_points_return_to_their_pixel_centres() -> None:
    intrinsics = torch.tensor([[[50.0, 0, 3.2], [0, 40.0, 2.1], [0, 0, 1]]])
    points = unproject(0.5 + torch.rand(1, 2, 5, 7), intrinsics)
    projected = points @ intrinsics[0].T
    u, v = projected[..., 0] / projected[..., 2], projected[..., 1] / projected[..., 2]
    assert torch.allclose(u, (torch.arange(7) + 0.5).expand_as(u), atol=1e-4)
    assert torch.allclose(v, (torch.arange(5) + 0.5)[:, None].expand_as(v), atol=1e-4)


def test_a_perfect_network_has_no_loss_and_pixels_without_truth_do_not_count() -> None:
    batch = example()
    answer = truth(batch)
    objective = FlowObjective(Oracle(answer), NORMALISATION, ObjectiveConfig()).eval()  # type: ignore[arg-type]
    assert objective(batch, 3)["loss"] < 1e-10
    answer[0, :, :2] += 100  # no hit there
    answer[1, :, 5:] += 100  # outside the mask
    assert objective(batch, 3)["loss"] < 1e-10
    answer[1, 2, 0, 0] += 1
    assert objective(batch, 3)["loss"] > 1e-4


def test_slope_error_is_the_slope_of_the_error_and_blind_to_its_mean() -> None:
    side = 56
    column = torch.arange(side) / side
    plane = column.expand(2, side, side)  # rises by 1 across the image, along rows only
    everywhere = torch.ones(2, side, side, dtype=torch.bool)
    flat = torch.zeros_like(plane)
    assert slope_error(plane + 5, flat, everywhere) == pytest.approx(torch.full((2,), 0.5))
    assert slope_error(plane + 5, plane, everywhere).abs().max() < 1e-4
    assert not slope_error(plane, flat, ~everywhere).any()


def test_slopes_across_the_border_of_the_subject_do_not_count() -> None:
    side = 56
    subject = torch.zeros(1, side, side, dtype=torch.bool)
    subject[:, :, : side // 2] = True
    beside = torch.where(subject, 0.0, 100.0)
    assert not slope_error(beside, torch.zeros_like(beside), subject).any()


@pytest.mark.parametrize(("layer", "added"), [(0, 0.5), (1, 0.0)])
def test_slopes_of_the_visible_surface_weigh_what_they_are_told(layer: int, added: float) -> None:
    batch = example()
    wrong = truth(batch)
    wrong[:, layer, ..., 2] += torch.arange(8) / 8  # by 1 across the image along rows, not along columns
    losses = []
    for weight in (0.0, 1.0):
        config = ObjectiveConfig(max_weight=1.0, monotonic_weight=0.0, slope_weight=weight)
        objective = FlowObjective(Oracle(wrong), NORMALISATION, config).eval()  # type: ignore[arg-type]
        losses.append(float(objective(batch, 1)["loss"]))
    assert losses[1] - losses[0] == pytest.approx(added, abs=1e-4)


@pytest.mark.parametrize(("layer", "share"), [(0, 1.0), (1, 1.0), (2, 0.35), (3, 0.35)])
def test_a_filled_layer_weighs_what_it_is_told(layer: int, share: float) -> None:
    depth = torch.ones(1, 4, 8, 8)
    depth[:, 1] = 1.5
    depth[:, 2:] = 0  # two hits a ray
    batch = batch_of(depth, torch.ones(1, 8, 8, dtype=torch.bool))
    wrong = truth(batch)
    wrong[:, layer] += 1
    losses = []
    for weight in (1.0, 0.35):
        config = ObjectiveConfig(monotonic_weight=0.0, filled_weight=weight)
        objective = FlowObjective(Oracle(wrong), NORMALISATION, config).eval()  # type: ignore[arg-type]
        torch.manual_seed(0)  # the same noise levels
        losses.append(float(objective(batch, 1)["loss"]))
    assert losses[0] > 0.1
    assert losses[1] / losses[0] == pytest.approx(share, rel=1e-5)


def test_what_nobody_knows_teaches_nothing_and_enters_as_noise() -> None:
    """Layers behind the last one of a stack that ends there, as of a depth camera."""
    depth = torch.full((1, 4, 8, 8), torch.nan)
    depth[:, 0] = 1
    batch = batch_of(depth, torch.ones(1, 8, 8, dtype=torch.bool))
    known = truth(batch_of(torch.ones(1, 1, 8, 8), torch.ones(1, 8, 8, dtype=torch.bool)))
    config = ObjectiveConfig(monotonic_weight=1.0, gap_weight=1.0, slope_weight=1.0)
    oracle = Oracle(torch.cat([known, known + 1, known - 1, known], dim=1))
    losses = FlowObjective(oracle, NORMALISATION, config).eval()(batch, 32)  # type: ignore[arg-type]
    assert float(losses["loss"]) == pytest.approx(0, abs=1e-6)
    hidden = oracle.seen[0][:, 0, 1:]
    assert abs(float(hidden.std()) - 1) < 0.03 and abs(float(hidden.mean())) < 0.03


@pytest.mark.parametrize(("layer", "added"), [(0, 0.25), (1, 0.5), (3, 0.25)])
def test_gaps_weigh_what_they_are_told(layer: int, added: float) -> None:
    """A layer that is moved changes the gap before it and the one behind it, of three: by 1 at most."""
    batch = batch_of(torch.arange(1.0, 5.0)[:, None, None].expand(1, 4, 8, 8), torch.ones(1, 8, 8).bool())
    wrong = truth(batch)
    wrong[:, layer, ..., 2] += 0.75**0.5
    losses = []
    for weight in (0.0, 1.0):
        config = ObjectiveConfig(max_weight=1.0, monotonic_weight=0.0, gap_weight=weight)
        objective = FlowObjective(Oracle(wrong), NORMALISATION, config).eval()  # type: ignore[arg-type]
        losses.append(float(objective(batch, 1)["loss"]))
    assert losses[1] - losses[0] == pytest.approx(added, abs=1e-4)


def test_layers_in_the_wrong_order_are_penalised() -> None:
    batch = example()
    answer = truth(batch)
    answer[:, 1, ..., 2] = answer[:, 0, ..., 2] - 1
    losses = FlowObjective(Oracle(answer), NORMALISATION, ObjectiveConfig())(batch, 1)  # type: ignore[arg-type]
    assert losses["monotonic"] > 0.1


def test_invalid_pixels_enter_as_unit_noise_at_every_level() -> None:
    batch = example()
    oracle = Oracle(truth(batch))
    FlowObjective(oracle, NORMALISATION, ObjectiveConfig())(batch, 64)  # type: ignore[arg-type]
    outside = oracle.seen[0][64:, 0, :, 5:]  # second sample, below the mask
    assert abs(float(outside.std()) - 1) < 0.02 and abs(float(outside.mean())) < 0.02


def test_levels_of_the_two_stages() -> None:
    torch.manual_seed(0)
    shared = draw_noise_levels(20000, 6, "shared", 0.25, torch.device("cpu"))
    assert torch.equal(shared, shared[:, :1].expand_as(shared))
    assert abs(float((shared[:, 0] == 1).float().mean()) - 0.25) < 0.02
    apart = draw_noise_levels(20000, 6, "per_layer", 0.0, torch.device("cpu"))
    assert (apart[:, 0] > 0.8).float().mean() > 2 * (apart[:, 1] > 0.8).float().mean()
    assert not torch.equal(apart[:, 1], apart[:, 2])
    assert float(apart.min()) > 0 and float(apart.max()) <= 1


def test_one_level_for_all_layers_reaches_the_network_as_one_number_a_sample() -> None:
    batch = example()
    oracle = Oracle(truth(batch))
    objective = FlowObjective(oracle, NORMALISATION, ObjectiveConfig())  # type: ignore[arg-type]
    objective(batch, 2)
    objective(batch, 2, "per_layer")
    assert oracle.times[0].shape == (4,) and oracle.times[1].shape == (4, 6)


def test_patches_with_something_to_learn_come_first() -> None:
    valid = torch.zeros(2, 56, 56, dtype=torch.bool)
    valid[0, 20:30, 15:50] = True  # touches patches of rows 1 and 2, columns 1 to 3
    valid[1] = True
    patches = some_patches(valid, 14, 7)
    assert set(patches[0].tolist()) > {5, 6, 7, 9, 10, 11} and len(set(patches[1].tolist())) == 7
    inside = within(patches, 14, 56)
    assert inside.flatten(1).sum(1).tolist() == [7 * 14**2] * 2
    assert not (valid[0] & ~inside[0]).any()
    for image, patch in enumerate(patches[:, 0].tolist()):
        row, column = patch // 4 * 14, patch % 4 * 14
        assert inside[image, row : row + 14, column : column + 14].all()


def test_only_the_patches_that_are_worked_on_teach() -> None:
    torch.manual_seed(0)
    model = WTDiT(NETWORK)
    side = NETWORK.image_size
    depth = 1 + torch.rand(2, 6, side, side).cumsum(1)
    batch = batch_of(depth, torch.ones(2, side, side, dtype=torch.bool))
    objective = FlowObjective(model, NORMALISATION, ObjectiveConfig(slope_weight=1.0)).eval()
    every = (side // NETWORK.patch_size) ** 2
    few, all_of_them = (objective(batch, 2, patches=count) for count in (2, every))
    assert torch.isfinite(few["loss"]) and float(few["x0_error"]) == pytest.approx(
        float(all_of_them["x0_error"]), rel=0.3
    )  # a mean over what is worked on, not over zeros elsewhere
    few["loss"].backward()
    assert model.net.encoder.final_project.weight.grad is not None
