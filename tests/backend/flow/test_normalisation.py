"""Points to network numbers and back."""

from __future__ import annotations

import json
import math

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from wt_backend.flow.normalisation import OFFICIAL_MEDIAN_LOG, OFFICIAL_ZSCORE, Normalisation

OWN = Normalisation("median_log", (0.0, 0.1, 0.05), (0.25, 0.3, 0.5))
number = st.floats(-50, 50, width=32)


@pytest.mark.parametrize("normalisation", [OFFICIAL_ZSCORE, OFFICIAL_MEDIAN_LOG, OWN])
@settings(deadline=None, max_examples=50)
@given(number, number, st.floats(2**-6, 50, width=32), st.floats(0.125, 8, width=32))
def test_decode_undoes_encode(normalisation: Normalisation, x: float, y: float, z: float, m: float) -> None:
    point = torch.tensor([x, y, z], dtype=torch.float64)
    torch.testing.assert_close(
        normalisation.decode(normalisation.encode(point, m), m), point, rtol=1e-6, atol=1e-6
    )


def test_known_values() -> None:
    e = torch.e
    assert torch.allclose(
        OFFICIAL_MEDIAN_LOG.decode(torch.tensor([1.0, -1.0, 1.0])), torch.tensor([e - 1, 1 - e, e])
    )
    assert torch.allclose(OFFICIAL_ZSCORE.decode(torch.zeros(3)), torch.tensor(OFFICIAL_ZSCORE.mean))
    shifted = Normalisation("median_log", (0.0, 0.0, 1.0), (1.0, 1.0, 2.0))
    assert torch.allclose(shifted.encode(torch.tensor([0.0, 0.0, e]), 1.0), torch.zeros(3), atol=1e-6)


def test_points_scale_with_the_median() -> None:
    points = torch.tensor([[0.3, -2.0, 4.0]])
    assert torch.allclose(OWN.encode(points * 7, 7.0), OWN.encode(points), atol=1e-6)


def test_json_and_official_names() -> None:
    assert Normalisation.from_dict(json.loads(json.dumps(OWN.to_dict()))) == OWN
    assert Normalisation.from_dict({"mode": "median_log_global"}) == OFFICIAL_MEDIAN_LOG


@pytest.mark.parametrize(
    "values",
    [
        {"mode": "disparity"},
        {"mode": "zscore", "std": (1, 0, 1)},
        {"mode": "zscore", "std": [math.nan, 1, 1]},
        {"mode": "zscore", "mean": ["a", 0, 0]},
        {"mode": "zscore", "mean": [0, 0]},
        {"mode": "zscore", "mean": 0},
        {"mode": "zscore", "stdd": [1, 1, 1]},
    ],
)
def test_impossible_settings_are_refused(values: dict) -> None:
    with pytest.raises((ValueError, TypeError), match=r"normalisation|std"):
        Normalisation.from_dict(values)
