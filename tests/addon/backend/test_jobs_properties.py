"""The job machine under any order of events: nothing is lost, nothing runs twice, every job ends."""

from __future__ import annotations

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from blender_addon.backend.jobs import Backend, Job, JobState, Limits, WorkerState
from wt_backend.protocol import BackendError, Message, error_response, notification, response

LIMITS = Limits(initialize=60.0, silence=60.0, cancel=3.0, idle=900.0)
LOOK = 5.0  # seconds between two looks at a resting worker
HELLO = {"protocol": 1, "models": []}


class Puppet:
    """The far end of the pipes, moved by the test."""

    def __init__(self, eager: bool) -> None:
        self.eager = eager
        self.sent: list[Message] = []
        self.waiting: list[Message] = []
        self.dead: str | None = None
        self.killed = False

    def send(self, message: Message) -> None:
        self.sent.append(message)
        if self.eager and message["method"] == "initialize":
            self.waiting.append(response(message["id"], HELLO))

    def receive(self) -> list[Message]:
        arrived, self.waiting = self.waiting, []
        return arrived

    def exit_reason(self) -> str | None:
        return self.dead

    def kill(self) -> None:
        self.killed = True


class Jobs(RuleBasedStateMachine):
    """Clicks, answers, deaths and time in any order."""

    def __init__(self) -> None:
        super().__init__()
        self.now = 0.0
        self.puppets: list[Puppet] = []
        self.submitted: list[Job] = []
        self.reported: list[Job] = []
        self.stopped: set[Job] = set()
        self.said_cancelled: set[Job] = set()
        self.cancelled_at: dict[Job, float] = {}
        self.backend = Backend(self.spawn, {}, LIMITS, lambda: self.now)

    @initialize(eager=st.sampled_from([True, True, False]))
    def choose_worker(self, eager: bool) -> None:
        """An eager worker answers `initialize` by itself: most of the interesting states lie behind that."""
        self.eager = eager

    def spawn(self) -> Puppet:
        self.puppets.append(Puppet(self.eager))
        return self.puppets[-1]

    def look(self, often: bool) -> None:
        """Poll twice, as the timer soon does after anything happens: read, then start the next job."""
        for _ in range(2 if often else 0):
            self.reported += self.backend.poll()

    @property
    def puppet(self) -> Puppet:
        """The worker at work."""
        return self.puppets[-1]

    def has_worker(self) -> bool:
        return self.backend.state is not WorkerState.STOPPED and self.puppet.dead is None

    def running(self) -> Job | None:
        jobs = self.backend.jobs
        return jobs[0] if jobs and jobs[0].state in (JobState.RUNNING, JobState.CANCELLING) else None

    @rule(often=st.booleans())
    def submit(self, often: bool) -> None:
        self.submitted.append(self.backend.submit("trace", {}))
        self.look(often)

    @rule(data=st.data())
    @precondition(lambda self: self.backend.jobs)
    def cancel(self, data: st.DataObject) -> None:
        job = data.draw(st.sampled_from(self.backend.jobs))
        before = job.state
        self.backend.cancel(job)
        expected = {JobState.QUEUED: JobState.CANCELLED, JobState.RUNNING: JobState.CANCELLING}
        assert job.state is expected.get(before, before)
        self.cancelled_at.setdefault(job, self.now)
        if job.state is JobState.CANCELLED and before is JobState.QUEUED:
            self.reported.append(job)

    @rule()
    def poll(self) -> None:
        self.reported += self.backend.poll()

    @rule(seconds=st.sampled_from([0.1, 2.0, 3.5, 3.5, 61.0, 1000.0]), often=st.booleans())
    def time_passes(self, seconds: float, often: bool) -> None:
        """With looks at it on the way, or without: Blender was busy, or asleep."""
        if often:
            self.watch(seconds)
        else:
            self.now += seconds

    def watch(self, seconds: float) -> None:
        """Time with a look now and then, as the timer does."""
        end = self.now + seconds
        while self.now < end:
            self.now = min(self.now + LOOK, end)
            self.look(often=True)

    @rule()
    @precondition(has_worker)
    def worker_answers_hello(self) -> None:
        self.puppet.waiting.append(response(self.puppet.sent[0]["id"], HELLO))

    @rule(step=st.integers(0, 5))
    @precondition(lambda self: self.has_worker() and self.running())
    def worker_reports_progress(self, step: int) -> None:
        progress = {"id": self.running().id, "stage": "denoise", "step": step, "total": 5, "eta_s": None}
        self.puppet.waiting.append(notification("$/progress", progress))

    @rule(error=st.sampled_from([None, "bad_image", "cancelled"]), often=st.booleans())
    @precondition(lambda self: self.has_worker() and self.running())
    def worker_ends_the_job(self, error: str | None, often: bool, stranger: bool = False) -> None:
        if error == "cancelled":
            self.said_cancelled.add(self.running())
        number = self.running().id + (1000 if stranger else 0)
        if error is None:
            self.puppet.waiting.append(response(number, {"stack": "x"}))
        else:
            self.puppet.waiting.append(error_response(number, BackendError(error, "No.")))
        self.look(often)

    @rule()
    @precondition(lambda self: self.has_worker() and self.running())
    def worker_answers_a_question_nobody_asked(self) -> None:
        self.worker_ends_the_job(None, often=True, stranger=True)

    @rule(often=st.booleans())
    @precondition(has_worker)
    def worker_dies(self, often: bool) -> None:
        self.puppet.dead = "it was ended by signal SIGKILL"
        self.look(often)

    @rule()
    def stop(self) -> None:
        self.reported += self.backend.jobs
        self.stopped |= set(self.backend.jobs)
        self.backend.stop()

    @invariant()
    def one_job_runs_and_only_the_first(self) -> None:
        states = [job.state for job in self.backend.jobs]
        assert all(state is JobState.QUEUED for state in states[1:])
        assert not any(job.finished for job in self.backend.jobs)

    @invariant()
    def every_job_is_waiting_or_was_reported_once(self) -> None:
        assert len(set(self.reported)) == len(self.reported)
        assert {job for job in self.submitted if job.finished} == set(self.reported)
        assert {job for job in self.submitted if not job.finished} == set(self.backend.jobs)

    @invariant()
    def an_ended_job_says_how(self) -> None:
        for job in self.reported:
            assert (job.result is not None) == (job.state is JobState.DONE)
            assert job.state is not JobState.FAILED or job.error is not None

    @invariant()
    def only_what_was_cancelled_is_cancelled(self) -> None:
        for job in self.reported:
            if job.state is JobState.CANCELLED:
                assert job in self.cancelled_at or job in self.stopped or job in self.said_cancelled

    @invariant()
    def old_workers_are_ended(self) -> None:
        alive = [puppet for puppet in self.puppets if not puppet.killed]
        assert len(alive) == (self.backend.state is not WorkerState.STOPPED)

    @invariant()
    def no_worker_was_given_a_second_job_before_the_first_ended(self) -> None:
        for puppet in self.puppets:
            assert puppet.sent[0]["method"] == "initialize"
            calls = [message["id"] for message in puppet.sent if message["method"] == "trace"]
            assert len(set(calls)) == len(calls)

    def teardown(self) -> None:
        """With patience alone, everything ends: no state is a trap."""
        for _ in range(3 * len(self.submitted) + 10):
            self.watch(61.0)
        assert not self.backend.jobs
        assert all(job.finished for job in self.submitted)


TestJobs = Jobs.TestCase
TestJobs.settings = settings(max_examples=200, stateful_step_count=40, deadline=None, derandomize=True)
