"""The training loop: CPU, one GPU or many (Lightning Fabric), resumable at any step."""

from __future__ import annotations

import dataclasses
import json
import math
import os
import signal
import time
from collections.abc import Iterator
from contextlib import nullcontext
from itertools import islice
from pathlib import Path
from types import FrameType
from typing import Any

import torch
from lightning_fabric import Fabric
from torch import Tensor
from torch.utils.tensorboard import SummaryWriter

from wt_backend.model.config import ModelConfig
from wt_backend.model.precision import bfloat16_pays
from wt_backend.model.wt_dit import WTDiT
from wt_backend.protocol import BackendError
from wt_backend.training.config import StageConfig, TrainConfig, describe
from wt_backend.training.graft import graft
from wt_backend.training.initial import initial_model, load_initial_weights, open_gates, remind_of_licence
from wt_backend.training.objective import FlowObjective
from wt_backend.training.optimisers import build_optimisers, restore_optimiser
from wt_backend.training.state import (
    Ema,
    Progress,
    alone,
    load_state,
    random_state,
    restore_random_state,
    save_atomically,
)
from wt_backend.training.stream import SampleStream, sample_loader, shield_workers
from wt_backend.training.validate import Validation

LOG_STEPS = 50  # from one line of the log to the next
FORMAT = 2
"""Of the state: what the optimisers hold and the lesson says has changed since 1, which had no number."""
GRAFT_IMAGES = 512
"""Draws of the stream out of which a fresh encoder learns what the one before it said."""
MINI_BATCH = 8
"""Samples that one worker hands over at a time, at most; a step joins the mini-batches of several workers."""

SEEDS_APART = 1_000_003
"""Between the data of one stage and the next, which would see the same samples again."""

DONE = (
    "All stages of this run are done. To train on, add another table [[stages]] to its configuration; "
    "--export STEM writes its weights."
)


class Trainer:
    """One run from its configuration to its weights.

    Parameters
    ----------
    config : TrainConfig

    Notes
    -----
    `run` returns when the stages are done or a SIGTERM/SIGINT has been answered by saving. Calling it again
    with the same configuration goes on from the saved state: model, average, optimiser, random generators and
    position in the data.
    """

    def __init__(self, config: TrainConfig) -> None:
        self.config = config = dataclasses.replace(config, precision=decided(config.precision))
        self.fabric = placed(config)
        self.fabric.launch()
        torch.set_float32_matmul_precision("high")
        torch.manual_seed(config.seed + self.fabric.global_rank)
        self.progress = Progress()
        model = WTDiT(config.model.network)
        model.net.encoder.mask_token.requires_grad_(False)  # never used, see wt_dit.md section 2
        open_gates(model)
        if config.initial_weights:
            remind_of_licence(config.initial_weights)
            if not self.state_file.exists():  # they may be gone when a run goes on
                first = load_initial_weights(model, config.initial_weights, config.fresh_encoder)
                self.progress.initial = first
        objective = FlowObjective(model, config.model.normalisation, config.objective)
        objective.to(self.fabric.device)
        self.model = model
        self.ema = Ema(model, config.optimiser.ema)
        self.objective, *self.optimisers = self.fabric.setup(
            objective, *build_optimisers(objective, config.optimiser)
        )
        if config.compile:
            compile_parts(objective, self.fabric.device)
        self.stopping = self.stopped = False  # asked to, and agreed by all processes
        self.writer: SummaryWriter | None = None
        self.validation = Validation(config)
        self.saved_at = self.pictured_at = self.logged_at = time.monotonic()
        self.data_seconds = 0.0  # spent on waiting for the next batch since the last log

    @property
    def state_file(self) -> Path:
        """The file of the run's state."""
        return self.config.state / "state.pt"

    # -- the loop ---------------------------------------------------------------------------------

    def run(self) -> bool:
        """Train to the end, from the saved state where there is one. Returns False where a signal stopped it.

        Raises
        ------
        BackendError
            kind "bad_request": another trainer is at work in the run's folder, or its state is of another
            kind of run; "model_damaged": the state cannot be read.
        """
        first = self.fabric.is_global_zero
        with alone(self.config.state) if first else nullcontext():  # another may be about to write the state
            self.fabric.barrier()
            self.resume()
            if first:
                self.writer = SummaryWriter(str(self.config.state / "tensorboard"))
            return self.run_stages()

    def run_stages(self) -> bool:
        """`run`, alone in its folder and from where it stood."""
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, self.ask_to_stop)
        if self.config.data.workers:
            shield_workers()
        if self.progress.stage >= len(self.config.stages):
            print(DONE, flush=True)
        while self.progress.stage < len(self.config.stages) and not self.stopped:
            stage = self.config.stages[self.progress.stage]
            if self.config.fresh_encoder and stage.draws and self.progress.joined < 0:
                self.join(stage)
            self.run_stage(stage)
            if not self.stopped:
                self.validate()
                self.progress.next_stage()
        self.save()
        if self.stopped and self.fabric.is_global_zero:
            print(f"Saved at step {self.progress.step}; the same command goes on from there.", flush=True)
        return not self.stopped

    def join(self, stage: StageConfig) -> None:
        """The decoder, which knows the encoder that it came with, meets the fresh one."""
        self.progress.joined = self.progress.step
        lesson = self.objective.lesson
        if lesson is None or not self.progress.step:
            print("The encoder has had no lesson: it learns with the decoder from nothing.", flush=True)
            return
        first = initial_model(self.config.initial_weights)
        if self.progress.initial not in {"", first.sha256}:  # what began before this was kept does not tell
            raise BackendError(
                "bad_request",
                f"{self.config.initial_weights} has been replaced since this run began with it.",
                "Put the old weights back, or begin anew in another folder (--state).",
            )
        old = first.model.net.encoder.to(self.fabric.device)
        self.model.load_state_dict(self.ema.values)
        images = (
            batch["rgb"].permute(0, 3, 1, 2).float() / 255
            for batch in islice(self.batches(stage), math.ceil(GRAFT_IMAGES / stage.images))
        )
        with torch.compiler.set_stance("force_eager"):
            graft(self.model, lesson, old, images)
        for module in (self.model, lesson):  # all processes have seen other images: the first one's count
            state = {name: value.cpu() for name, value in module.state_dict().items()}
            module.load_state_dict(self.fabric.broadcast(state))
        self.ema = Ema(self.model, self.config.optimiser.ema)
        for optimiser in self.optimisers:
            optimiser.state.clear()  # momentum of other weights
        if self.fabric.is_global_zero:
            print("The decoder has met the encoder.", flush=True)

    def ask_to_stop(self, number: int, frame: FrameType | None) -> None:
        """Signal handler: finish the step, save, leave."""
        self.stopping = True

    def any_process(self, *wishes: bool) -> list[bool]:
        """Which wishes one of the processes has at least: they act together, or wait for ever."""
        if self.fabric.world_size == 1:
            return list(wishes)
        mine = torch.tensor(wishes, dtype=torch.float32, device=self.fabric.device)
        return (torch.as_tensor(self.fabric.all_reduce(mine, reduce_op="sum")) > 0).tolist()

    def ends(self, stage: StageConfig) -> bool:
        """Whether a stage is over, or the run is to stop."""
        self.stopped, over = self.any_process(self.stopping, stage_fraction(stage, self.progress) >= 1)
        return self.stopped or over

    def run_stage(self, stage: StageConfig) -> None:
        """Steps of one resolution, until its limit."""
        batches = self.batches(stage)
        clock = time.monotonic()
        batch = next(batches)
        while not self.ends(stage):
            losses = self.gradients(batch, stage)
            asked = time.monotonic()
            seen, batch = len(batch["rgb"]), next(batches)  # fetched while the device still computes
            self.data_seconds += time.monotonic() - asked
            self.progress.stage_batches += seen // mini_batch(stage.images)
            self.step(losses, seen)
            now = time.monotonic()
            self.progress.stage_seconds += now - clock
            self.progress.seconds += now - clock
            clock = now
            picture, save = self.any_process(
                now - self.pictured_at > 60 * self.config.sheet_minutes,
                now - self.saved_at > 60 * self.config.save_minutes,
            )
            if picture:
                self.validate()
            if save:
                self.save()
            clock = time.monotonic() if stage.steps else clock

    def batches(self, stage: StageConfig) -> Iterator[dict[str, Tensor]]:
        """Batches of `stage.images`, from where the stream stood; each stage has samples of its own."""
        mini = mini_batch(stage.images)
        parts = stage.images // mini
        data, normalisation = self.config.data, self.config.model.normalisation
        stream = SampleStream(
            dataclasses.replace(data, seed=data.seed + SEEDS_APART * self.progress.stage),
            stage.size,
            mini,
            self.progress.stage_batches,
            self.fabric.global_rank,
            distance=normalisation.mean[2] if normalisation.mode == "zscore" else None,
        )
        source = iter(sample_loader(stream, data.workers))
        while True:
            minis = [next(source) for _ in range(parts)]
            device = self.fabric.device
            yield {key: torch.cat([m[key].to(device, non_blocking=True) for m in minis]) for key in minis[0]}

    def gradients(self, batch: dict[str, Tensor], stage: StageConfig) -> dict[str, Tensor]:
        """Losses of a batch, and their gradients on the parameters; does not wait for the device."""
        losses = self.objective(batch, stage.draws, stage.schedule, stage.patches)
        self.fabric.backward(losses["loss"])
        return {name: value.detach() for name, value in losses.items()}

    def step(self, losses: dict[str, Tensor], images: int) -> None:
        """One optimiser step; skipped where the loss spikes over its running value."""
        settings = self.config.optimiser
        rate = self.learning_rate()
        for optimiser in self.optimisers:
            for group in optimiser.param_groups:
                group["lr"] = rate
        norm = self.clip(settings.clip)
        loss = float(torch.as_tensor(self.fabric.all_reduce(losses["loss"])))
        if self.is_spike(loss) or not math.isfinite(norm):
            self.progress.skipped += 1
        else:
            for optimiser in self.optimisers:
                optimiser.step()
            self.ema.update(self.model, self.progress.step)
        self.objective.zero_grad(set_to_none=True)
        self.progress.step += 1
        self.progress.stage_step += 1
        self.progress.images += images * self.fabric.world_size
        if self.progress.step % LOG_STEPS == 0:
            self.log({**losses, "rate": rate, "gradient_norm": norm, **self.pace()})

    def clip(self, limit: float) -> float:
        """Shorten the gradients of each optimiser's parameters to `limit` at most; the norm of all before."""
        norms = [
            self.fabric.clip_gradients(self.objective, optimiser, max_norm=limit, error_if_nonfinite=False)
            for optimiser in self.optimisers  # Fabric clips what one of them steps
        ]
        return math.hypot(*(float(torch.as_tensor(norm)) for norm in norms))

    def is_spike(self, loss: float) -> bool:
        """Whether a loss is not finite or over `spike_factor` times the running value; updates that value.

        A spike counts as much as the limit: losses that stay high, of other data or weights after a resume,
        raise the value until they are no spikes any more. Each stage has a value of its own.
        """
        progress = self.progress
        if not math.isfinite(loss):
            return True
        warm = progress.stage_step >= 100
        limit = self.config.optimiser.spike_factor * progress.loss_level if warm else math.inf
        share = max(0.01, 1 / (progress.stage_step + 1))
        progress.loss_level += share * (min(loss, limit) - progress.loss_level)
        return loss > limit

    def learning_rate(self) -> float:
        """Linear warm-up, once more when the decoder joins, then cosine over all stages by their limits."""
        settings, stages = self.config.optimiser, self.config.stages
        lengths = [stage.steps or stage.minutes for stage in stages]
        index = self.progress.stage
        done = sum(lengths[:index]) + lengths[index] * stage_fraction(stages[index], self.progress)
        fraction = min(1.0, done / sum(lengths))
        cosine = 0.5 * (1 + math.cos(math.pi * fraction))
        rate = settings.final_learning_rate + cosine * (settings.learning_rate - settings.final_learning_rate)
        steps = self.progress.step - max(0, self.progress.joined)
        rate *= stages[index].rate
        return rate * min(1.0, (steps + 1) / max(1, settings.warmup_steps))

    # -- what a person looks at ---------------------------------------------------------------------

    def pace(self) -> dict[str, float]:
        """Since the last log: steps a second, and the share of the time that went into waiting for data."""
        now = time.monotonic()
        passed, waited = max(now - self.logged_at, 1e-9), self.data_seconds
        self.logged_at, self.data_seconds = now, 0.0
        return {"steps_per_second": LOG_STEPS / passed, "waiting_for_data": waited / passed}

    def log(self, values: dict[str, Any]) -> None:
        if self.writer is None:
            return
        progress = self.progress
        for name, value in values.items():
            self.writer.add_scalar(f"train/{name}", float(value), progress.step)
        errors = "  ".join(f"{k} {float(values[k]):.4f}" for k in ("x0_error", "lesson") if k in values)
        print(
            f"step {progress.step}  stage {progress.stage}  {progress.seconds / 60:.1f} min  "
            f"images {progress.images}  loss {float(values['loss']):.4f}  "
            f"{errors}  "
            f"lr {float(values['rate']):.2e}  skipped {progress.skipped}  "
            f"{values['steps_per_second']:.1f} steps/s  {values['waiting_for_data']:.0%} waiting for data",
            flush=True,
        )

    def validate(self) -> None:
        """Errors of the averaged weights on unseen families, and a sample sheet.

        It may take longer than whoever stops a run waits before he kills it, so the state is saved first.
        """
        self.save()
        if self.fabric.is_global_zero and self.writer is not None:
            errors = self.validation.run(
                self.ema, self.current_size(), self.fabric.device, self.progress.step
            )
            for name, value in errors.items():
                self.writer.add_scalar(f"validation/{name}", value, self.progress.step)
            print("validation  " + "  ".join(f"{k} {v:.4f}" for k, v in errors.items()), flush=True)
            record = {"step": self.progress.step, "minutes": self.progress.seconds / 60, **errors}
            with (self.config.state / "validation.jsonl").open("a", encoding="utf-8") as file:
                file.write(json.dumps(record) + "\n")
        self.fabric.barrier()
        self.pictured_at = time.monotonic()

    def current_size(self) -> int:
        return self.config.stages[min(self.progress.stage, len(self.config.stages) - 1)].size

    # -- state --------------------------------------------------------------------------------------

    def save(self) -> None:
        """Write everything the run needs to go on."""
        if self.fabric.is_global_zero:
            save_atomically(
                {
                    "format": FORMAT,
                    "model": self.model.state_dict(),
                    "ema": self.ema.values,
                    "lesson": lesson_weights(self.objective),
                    "optimisers": [optimiser.state_dict() for optimiser in self.optimisers],
                    "progress": dataclasses.asdict(self.progress),
                    "random": random_state(),
                    "config": json.dumps(describe(self.config)),
                },
                self.state_file,
            )
        self.fabric.barrier()
        self.saved_at = time.monotonic()

    def resume(self) -> None:
        """Go on from the saved state, where there is one."""
        path = self.state_file
        if not path.exists():
            return
        saved = load_state(path, self.fabric.device)
        before, now = json.loads(saved["config"]), self.config
        if (
            saved.get("format") != FORMAT
            or ModelConfig.from_dict(before["model"]) != now.model
            or before["optimiser"]["muon"] != now.optimiser.muon
            or bool(before["objective"].get("lesson_weight")) != bool(now.objective.lesson_weight)
        ):
            raise BackendError(
                "bad_request",
                f"{path} is of a run with another network, normalisation, lesson or kind of optimiser, "
                "or of another version of this trainer.",
                "Go on with the configuration it was started with, or name another folder with --state.",
            )
        self.model.load_state_dict(saved["model"])
        if self.objective.lesson is not None:
            self.objective.lesson.load_state_dict(saved["lesson"])
        self.ema.values = saved["ema"]
        for optimiser, state in zip(self.optimisers, saved["optimisers"], strict=True):
            restore_optimiser(optimiser, state)
        self.progress = Progress(**saved["progress"])
        if self.fabric.is_global_zero:
            restore_random_state(saved["random"])
        else:  # another process's draws would be the same as the first one's
            torch.manual_seed(now.seed + self.fabric.global_rank + 1_000_003 * self.progress.step)
        print(f"Going on from step {self.progress.step} ({path}).", flush=True)


def decided(precision: str) -> str:
    """Instead of "auto" the precision that is faster on this machine."""
    if precision != "auto":
        return precision
    return "bf16-mixed" if bfloat16_pays(Fabric(devices=1).device) else "32-true"


def lesson_weights(objective: Any) -> dict[str, Tensor]:
    """State of the encoder's lesson; empty where there is none."""
    return {} if objective.lesson is None else dict(objective.lesson.state_dict())


def placed(config: TrainConfig) -> Fabric:
    """The devices of this machine, or those that `torchrun` has started a process for, on all its nodes."""
    devices: int | str = "auto"
    nodes = 1
    if "LOCAL_WORLD_SIZE" in os.environ:  # torchrun: its processes are the devices
        devices = int(os.environ["LOCAL_WORLD_SIZE"])
        nodes = int(os.environ["WORLD_SIZE"]) // devices
    several = "LOCAL_WORLD_SIZE" in os.environ or torch.cuda.device_count() > 1
    # the decoder while the encoder learns alone; blocks that look along time, of which frames alone have none
    rests = config.model.network.temporal_blocks or not all(stage.draws for stage in config.stages)
    return Fabric(
        precision=config.precision,  # type: ignore[arg-type]
        devices=devices,
        num_nodes=nodes,
        strategy="ddp_find_unused_parameters_true" if several and rests else "auto",
    )


def mini_batch(images: int) -> int:
    """Samples of a mini-batch: as many as make up a step without a rest."""
    return max(size for size in range(1, MINI_BATCH + 1) if images % size == 0)


def stage_fraction(stage: StageConfig, progress: Progress) -> float:
    """How much of a stage is done, from 0 to 1."""
    if stage.steps:
        return progress.stage_step / stage.steps
    return progress.stage_seconds / (60 * stage.minutes)


def compile_parts(objective: FlowObjective, device: torch.device) -> None:
    """Compile each transformer block by itself, and the losses; said and left out where nothing can compile.

    The kernels are nearly those of a whole-model compile, built in a fraction of the time: equal blocks
    share them.
    """
    try:
        torch.compile(torch.sin)(torch.zeros(8, device=device))
    except RuntimeError as error:  # no compiler, no headers of Python …
        reason = str(error).partition("\n")[0]
        print(
            f"Nothing can be compiled here, so the training is slower: {reason}\n"
            "It takes a C++ compiler (g++) and the headers of Python; `compile = false` says not to try.",
            flush=True,
        )
        return
    net = objective.model.net
    torch._dynamo.config.recompile_limit = 64  # kinds of block × modulation shapes × stages
    for part in [
        net.encoder.patch_embed,
        *net.encoder.blocks,
        *net.decoder_blocks,
        *net.latents_projection.geo_blocks,
        objective.losses,
        *([] if objective.lesson is None else [objective.lesson]),
    ]:
        part.compile(dynamic=False)
