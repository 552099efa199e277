"""What the registry says about memory is what the accounting finds."""

from __future__ import annotations

import pytest
import torch

from bench.memory import StorageCounter, account
from wt_backend.checkpoints.registry import OFFICIAL
from wt_backend.model.precision import RELEASED

CUDA_CONTEXT_GB = 0.5


def test_storages_count_from_birth_to_death() -> None:
    with StorageCounter() as counter:
        a = torch.empty(1000, device="meta")
        b = a + 1
        view = b[:10]
        del a, b
        assert counter.alive == 4000 and counter.peak == 8000
        del view
        assert counter.alive == 0


@pytest.mark.parametrize("entry", [OFFICIAL[0], OFFICIAL[1]], ids=lambda entry: entry.name)
def test_released_still_models_fit_an_eight_gigabyte_gpu(entry) -> None:
    total = sum(account(entry, RELEASED)) + CUDA_CONTEXT_GB
    assert total < 7.0
    assert total <= entry.memory_gb + 0.05 and entry.memory_gb < total + 0.5
