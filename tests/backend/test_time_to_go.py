"""What a job reports of itself."""

from __future__ import annotations

import time

import pytest

from wt_backend.jobs import Reporter


def test_time_to_go_does_not_count_what_was_done_before() -> None:
    seen: list[dict] = []
    report = Reporter(seen.append)
    report("trace", 450, 500)
    assert seen[-1]["eta_s"] is None
    time.sleep(0.2)
    report("trace", 451, 500)
    time.sleep(0.2)
    report("trace", 452, 500)
    assert seen[-1]["eta_s"] == pytest.approx(48 * 0.2, rel=0.5)
