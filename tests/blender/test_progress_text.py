"""What panel and status bar say about a job that runs."""

from __future__ import annotations

import sys
from types import ModuleType

import pytest


@pytest.mark.parametrize(
    ("seconds", "said"), [(0.2, "1 s"), (89, "89 s"), (91, "2 min"), (3580, "60 min"), (7000, "1.9 h")]
)
def test_time_left_is_said_as_people_say_it(addon: ModuleType, seconds: float, said: str) -> None:
    session = sys.modules[f"{addon.__name__}.backend.session"]
    jobs = sys.modules[f"{addon.__name__}.backend.jobs"]
    job = jobs.Job(1, "trace", {}, "cup", jobs.JobState.RUNNING, stage="clean", eta_s=seconds)
    assert session.progress_text(job) == f"Sort layers out, about {said} left"
