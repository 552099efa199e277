"""Work for the worker whose result an operator brings in: submit it; where no window is open, wait for it."""

import json

import bpy

from wt_backend.protocol import BackendError, Message

from ..backend import session
from ..backend.jobs import JobState
from ..backend.results import FollowUp
from .bases import Operator, sentence


class WorkerJob(Operator):
    """An operator that hands work to the worker."""

    def start_job(
        self, method: str, params: Message, label: str, after: FollowUp, first: bool = False
    ) -> set[str]:
        """Submit a job; in background mode wait for it, print how it goes on, and bring its result in."""
        job = session.submit(method, params, label, after, first)
        if not bpy.app.background:
            return {"FINISHED"}
        session.wait(job, session.Printer())
        if job.state is not JobState.DONE:
            after.forget_sent()
            return self.say_why_not(job.error or BackendError("cancelled", f"{label} was cancelled."))
        return getattr(bpy.ops.world_tracing, after.operator)(result=json.dumps(job.result), **after.settings)

    def say_why_not(self, error: BackendError) -> set[str]:
        """Say why there is no result."""
        self.report({"ERROR"}, sentence(error))
        return {"CANCELLED"}
