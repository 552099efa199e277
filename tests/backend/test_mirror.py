"""An image and its mirror image as one."""

from __future__ import annotations

import torch

from wt_backend.mirror import mean_of_views, with_mirror_image


def test_one_view_is_left_as_it_is() -> None:
    points = torch.randn(1, 2, 4, 6, 3)
    assert torch.equal(mean_of_views(points), points[0])


def test_what_is_mirrored_falls_on_itself() -> None:
    images = with_mirror_image(torch.arange(12.0).reshape(1, 1, 2, 6))
    assert torch.equal(images[1], images[0].flip(-1))
    points = torch.randn(2, 4, 6, 3)
    mirrored = points.flip(2) * torch.tensor([-1.0, 1.0, 1.0])  # +X right becomes +X left
    torch.testing.assert_close(mean_of_views(torch.stack([points, mirrored])), points)
