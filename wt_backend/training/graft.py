"""A new encoder in front of a decoder that has learned with another one.

Not the paper's, whose encoder goes on from DINOv2. A decoder makes nothing of tokens that it has not learned
with, and it takes long to learn again what it could do. So the new encoder, once it has learned by itself, is
made to say at least what the old one said: least squares finds that in its features, in closed form. What its
lesson reads is news to the decoder, and is put where the old tokens never varied (docs/training.md, *Graft*).
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple, cast

import torch
from torch import Tensor, nn

from wt_backend.model.encoder import Encoder
from wt_backend.model.wt_dit import FEATURE_GAIN, WTDiT
from wt_backend.training.lesson import Lesson

KNOWN_SHARE = 0.999
"""Of the old tokens' variance, what is kept."""
NEWS = 48
"""Directions of a token that tell what the lesson reads, at most."""
RIDGE = 1e-4
"""Of the mean variance of a feature, added to all."""
TOKEN_LOUDNESS = 4.0
"""Standard deviation of the first piece of news in the tokens, in root mean squares of the old ones."""
FEATURE_LOUDNESS = 1.5
"""And among the decoder's features, where a channel has about 0.5."""


class Moments(NamedTuple):
    """Means and covariances over patches: x, the A features of the new encoder, and y, the D old tokens."""

    x: Tensor  # (A,)
    y: Tensor  # (D,)
    xx: Tensor  # (A, A)
    xy: Tensor  # (A, D)
    yy: Tensor  # (D, D)


@torch.no_grad()
def graft(model: WTDiT, lesson: Lesson, old: Encoder, images: Iterable[Tensor]) -> None:
    """Let a new encoder say what the old one said, and beside it what its lesson reads.

    Changes the encoder's `final_project`, the decoder's `feature_projection` and the lesson.

    Parameters
    ----------
    model : WTDiT
        The new encoder and the decoder that has learned with the old one.
    lesson : Lesson
        Of the new encoder.
    old : Encoder
        With tokens of the same width D.
    images : iterable of Tensor, (B, 3, H, W)
        In [0, 1], a few hundred of them.
    """
    encoder = model.net.encoder
    seen = moments(encoder, old, images)
    embeddings = model.layer_embed.weight.double()
    known = main_directions(seen.yy)  # (D, K)
    free = unused(torch.cat([known, seen.y[:, None], embeddings.T], dim=1))  # (D, D - K - 1 - L)
    projection = cast(nn.Linear, model.net.feature_projection[0])
    count = min(NEWS, free.shape[1], projection.out_features)
    free = free[:, :count]
    loudness = TOKEN_LOUDNESS * float(seen.yy.diagonal().mean().sqrt())
    news = lesson_directions(lesson, encoder.final_project, seen.xx, count)

    penalty = RIDGE * seen.xx.diagonal().mean() * torch.eye(len(seen.xx), device=seen.xx.device)
    said = torch.linalg.solve(seen.xx + penalty, seen.xy @ known)  # (A, K)
    weight = known @ said.T + loudness * free @ news.read  # (D, A)
    readings = nn.functional.linear(seen.x, *doubles(encoder.final_project))  # (D,) the mean token until now
    readings = nn.functional.linear(readings / lesson.unit, *doubles(lesson.head))
    encoder.final_project.weight.copy_(weight)
    encoder.final_project.bias.copy_(seen.y - weight @ seen.x)
    lesson.unit.fill_(loudness)
    lesson.head.weight.copy_(news.spell @ free.T)
    lesson.head.bias.copy_(readings)

    # The decoder norms a token by the variance of all (`joint_norm`), to which the news add.
    before = seen.yy.diagonal().mean() + seen.y.var(correction=0) + embeddings.var()
    variance = before + loudness**2 * (news.read @ seen.xx @ news.read.T).trace() / len(seen.y)
    gain = FEATURE_LOUDNESS * variance.sqrt() / (FEATURE_GAIN * loudness)
    old_weight = projection.weight.double() * (variance / before).sqrt()
    spread = old_weight @ seen.yy @ old_weight.T  # of the features until now
    quiet = torch.linalg.eigh(spread).eigenvectors[:, :count]  # (D/2, count), the least used first
    projection.weight.copy_(old_weight - old_weight @ free @ free.T + gain * quiet @ free.T)


def moments(new: Encoder, old: Encoder, images: Iterable[Tensor]) -> Moments:
    """What both encoders make of the same images, in float64."""
    total = squares = torch.zeros((), dtype=torch.float64, device=new.cls_token.device)
    count = 0
    for image in images:
        both = torch.cat([new.features(image), old(image)], dim=-1).flatten(0, 1).double()  # (B·P, A + D)
        total, squares, count = total + both.sum(dim=0), squares + both.T @ both, count + len(both)
    mean = total / count
    covariance = squares / count - mean[:, None] * mean
    a = new.final_project.in_features
    return Moments(mean[:a], mean[a:], covariance[:a, :a], covariance[:a, a:], covariance[a:, a:])


def main_directions(covariance: Tensor) -> Tensor:
    """Fewest directions with `KNOWN_SHARE` of the variance, at most a quarter: (D, D) -> (D, K)."""
    values, vectors = torch.linalg.eigh(covariance)
    share = values.flip(0).cumsum(0) / values.sum()
    count = min(int((share < KNOWN_SHARE).sum()) + 1, max(1, len(values) // 4))
    return vectors.flip(1)[:, :count]


def unused(directions: Tensor) -> Tensor:
    """Orthonormal directions at right angles to all of these: (D, K) -> (D, D - K)."""
    return torch.linalg.qr(directions, mode="complete").Q[:, directions.shape[1] :]


class News(NamedTuple):
    """What a lesson reads, in few numbers a patch; the first differs by 1 from patch to patch (its std)."""

    read: Tensor  # (count, A), features to numbers
    spell: Tensor  # (O, count), numbers to what the lesson's layer gives


def lesson_directions(lesson: Lesson, project: nn.Linear, covariance: Tensor, count: int) -> News:
    """The main directions of what a lesson reads out of features with this covariance (A, A)."""
    whole = lesson.head.weight.double() @ project.weight.double() / lesson.unit  # (O, A)
    values, vectors = torch.linalg.eigh(whole @ covariance @ whole.T)
    std = values.flip(0)[:count].clamp(min=1e-12 * float(values[-1])).sqrt()
    vectors = vectors.flip(1)[:, :count]  # (O, count)
    size = (std / std[0]).sqrt()  # halfway between as they are and all alike
    return News((size / std)[:, None] * (vectors.T @ whole), vectors * (std / size))


def doubles(layer: nn.Linear) -> tuple[Tensor, Tensor]:
    """Weight and bias of a layer in float64."""
    return layer.weight.double(), layer.bias.double()
