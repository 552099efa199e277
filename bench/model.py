"""Time and memory of the model, against the same network without caching and broadcasting, in the same run.

    python -m bench.model                         on this processor, small configurations and wt-mini
    python -m bench.model --device cuda           the same on a GPU
    python -m bench.model --device cuda --full    released sizes with random weights, 20 steps each

Plain and ours take turns, and the best of several repeats counts. "step" is one network evaluation; what ours
computes once per image is spread over the run's steps ("ours"), as a user meets it. "same" is the ratio with
both on the kernels that torch chooses, as plain always is: what caching and broadcasting alone bring.
In bfloat16 the plain variant runs under autocast with float32 weights, as the released scripts do.
"""

from __future__ import annotations

import argparse
import gc
import json
import sys
import time
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from unittest.mock import patch

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))  # runs as a script too

import torch
import torch.nn.functional as F
from torch import Tensor

from bench.memory import StorageCounter
from bench.plain_wt_dit import PlainWTDiT
from wt_backend.checkpoints import registry
from wt_backend.flow.noise import seed_generators
from wt_backend.flow.sampler import sample
from wt_backend.model import kernels
from wt_backend.model.config import (
    DYNAMIC_R76,
    OBJECT_R75B,
    SCENE_R69L,
    EncoderConfig,
    ModelConfig,
    WTDiTConfig,
)
from wt_backend.model.precision import Policy, Precision, convert, policy_for, prepare
from wt_backend.model.wt_dit import WTDiT

STEPS = 20
SMALL_OBJECT = WTDiTConfig(
    num_layers=6,
    image_size=224,
    decoder_dim=384,
    decoder_heads=6,
    decoder_blocks=12,
    head_blocks=6,
    encoder=EncoderConfig(embed_dim=384, depth=12, num_heads=6),
    layer_scale_init=0.5,
)
SMALL = {  # spec section 21 (d)
    "small object": (SMALL_OBJECT, 1),
    "small scene": (replace(SMALL_OBJECT, image_size=336, layer_conditioning="film_adaln"), 1),
    "small dynamic": (replace(SMALL_OBJECT, image_size=112, temporal_blocks=True), 8),
}
FULL = {"r75b": (OBJECT_R75B, 1), "r69l": (SCENE_R69L, 1), "r76": (DYNAMIC_R76, 16)}
TERAFLOP_STEP = {"r75b": 29.1, "r69l": 101.8, "r76": 222.7}  # spec section 21 (c), encoder included


@dataclass(frozen=True)
class Row:
    """One line of the report; times in milliseconds, memory above the model itself in megabytes."""

    config: str
    precision: str
    threads: int
    plain_step: float
    ours_once: float
    ours_step: float
    ours: float
    ratio: float
    same_kernels: float
    plain_memory: float
    ours_memory: float
    difference: float


class Timer:
    """Milliseconds of a call on a device, by a clock."""

    def __init__(self, device: torch.device, clock: Callable[[], float] = time.perf_counter) -> None:
        self.device, self.clock = device, clock

    def __call__(self, call: Callable[[], object]) -> float:
        self._wait()
        began = self.clock()
        call()
        self._wait()
        return (self.clock() - began) * 1e3

    def memory(self, call: Callable[[], object]) -> float:
        """Peak megabytes of tensors that a call makes."""
        gc.collect()
        if self.device.type == "cuda":
            torch.cuda.reset_peak_memory_stats()
            before = torch.cuda.memory_allocated()
            call()
            return (torch.cuda.max_memory_allocated() - before) / 1e6
        with StorageCounter() as counter:
            call()
        return counter.peak / 1e6

    def _wait(self) -> None:
        if self.device.type == "cuda":
            torch.cuda.synchronize()


def torch_kernels() -> AbstractContextManager[object]:
    """Linear layers and attention by the kernels that torch would choose."""
    return patch.multiple(kernels, linear=F.linear, attention=F.scaled_dot_product_attention)


def compare(
    name: str,
    config: WTDiTConfig,
    frames: int,
    precision: Precision,
    timer: Timer,
    repeats: int,
    state: dict[str, Tensor] | None,
    default_steps: int = STEPS,
) -> Row:
    """Measure one configuration, plain and ours in turns."""
    device = timer.device
    torch.manual_seed(0)
    ours, plain = WTDiT(config), WTDiT(config)
    if state is not None:
        ours.load_state_dict(state)
    plain.load_state_dict(ours.state_dict())
    ours = convert(ours, policy_for(precision, device)).to(device).eval()
    reference = PlainWTDiT(plain.to(device).eval())
    size = config.image_size
    rgb = torch.rand(1, frames, 3, size, size, device=device)
    x = torch.randn(1, frames, config.num_layers, size, size, 3, device=device)
    t = torch.full((1,), 0.7, device=device)

    def autocast() -> AbstractContextManager[object]:
        return torch.autocast(device.type, torch.bfloat16) if precision == "bf16" else nullcontext()

    def plain_step() -> Tensor:
        with autocast(), torch_kernels():
            return reference.predict_x0(x, t, reference.condition(rgb))

    def ours_step() -> Tensor:
        return ours.predict_x0(x, t, cond)

    def once() -> object:
        return ours.condition(rgb)

    with torch.inference_mode():
        cond = ours.condition(rgb)
        difference = (plain_step() - ours_step()).abs().max() / plain_step().abs().max()
        plain_times, once_times, step_times, same_once, same_step = [], [], [], [], []
        for _ in range(repeats):
            plain_times.append(timer(plain_step))
            once_times.append(timer(once))
            step_times.append(timer(ours_step))
            with torch_kernels():
                same_once.append(timer(once))
                same_step.append(timer(ours_step))
        plain_memory = timer.memory(plain_step)
        ours_memory = timer.memory(lambda: ours.predict_x0(x, t, ours.condition(rgb)))
    mean = min(once_times) / default_steps + min(step_times)
    same_mean = min(same_once) / default_steps + min(same_step)
    return Row(
        config=name,
        precision=precision,
        threads=torch.get_num_threads() if device.type == "cpu" else 0,
        plain_step=min(plain_times),
        ours_once=min(once_times),
        ours_step=min(step_times),
        ours=mean,
        ratio=mean / min(plain_times),
        same_kernels=same_mean / min(plain_times),
        plain_memory=plain_memory,
        ours_memory=ours_memory,
        difference=difference.item(),
    )


def random_model(config: WTDiTConfig, policy: Policy, device: torch.device) -> WTDiT:
    """Full-size network with random weights, made on the device in their precision of use."""
    with torch.device("meta"):
        model = WTDiT(config)
    state = {}
    for name, tensor in model.state_dict().items():
        dtype = policy.dtype_of(name)
        norm = name.endswith("norm.weight") or ".norm" in name
        if name.endswith("image_std") or (norm and name.endswith("weight")):
            state[name] = torch.ones(tensor.shape, dtype=dtype, device=device)
        else:
            scale = 0.3 if name.endswith("gamma") else tensor.shape[-1] ** -0.5
            state[name] = torch.randn(tensor.shape, dtype=dtype, device=device) * scale
    model.load_state_dict(state, assign=True)
    prepare(model, policy)
    return model.eval().requires_grad_(False)


def compile_blocks(model: WTDiT) -> None:
    """Compile every transformer block by itself: equal blocks share their kernels."""
    blocks = [*model.net.decoder_blocks, *model.net.latents_projection.geo_blocks]
    if model.config.temporal_blocks:
        blocks += [temporal.block for temporal in model.temporal_blocks]
    for block in blocks:
        block.compile(dynamic=False)


def full(
    name: str, config: ModelConfig, frames: int, device: torch.device, compiled: bool, repeats: int
) -> dict[str, object]:
    """A whole 20-step run of a released size: seconds and gigabytes."""
    policy = policy_for("bf16", device)
    torch.cuda.empty_cache()
    torch.cuda.reset_peak_memory_stats()
    model = random_model(config.network, policy, device)
    weights = torch.cuda.memory_allocated()
    size, layers = config.image_size, config.network.num_layers
    if compiled:
        compile_blocks(model)
    generator = torch.Generator(device).manual_seed(1)
    rgb = torch.rand(1, frames, 3, size, size, device=device, generator=generator)
    mask = torch.ones(1, frames, layers, size, size, dtype=torch.bool, device=device)
    timer = Timer(device)

    def run(steps: int) -> Tensor:
        with torch.inference_mode():
            cond = model.condition(rgb)
        return sample(
            model,
            cond,
            mask,
            seed_generators([42], device),
            steps=steps,
            prior_correlation=config.prior_correlation,
        )

    first = timer(lambda: run(2)) / 1e3
    seconds = min(timer(lambda: run(STEPS)) for _ in range(repeats)) / 1e3
    finite = bool(torch.isfinite(run(1)).all())
    peak = torch.cuda.max_memory_allocated()
    return {
        "model": name,
        "compiled": compiled,
        "frames": frames,
        "seconds_20_steps": round(seconds, 3),
        "ms_step": round(seconds / STEPS * 1e3, 1),
        "teraflop_per_second": round(TERAFLOP_STEP[name] * STEPS / seconds, 1),
        "warm_up_seconds": round(first, 1),
        "weights_gb": round(weights / 1e9, 2),
        "peak_gb": round(peak / 1e9, 2),
        "finite": finite,
    }


def run_full(
    device: torch.device, only: list[str] | None, repeats: int, compilations: tuple[bool, ...]
) -> list[dict[str, object]]:
    """All released sizes. A configuration that fails is reported, the rest goes on."""
    torch.set_float32_matmul_precision("high")
    results: list[dict[str, object]] = []
    for name, (config, frames) in FULL.items():
        for compiled in compilations:
            if only and name not in only:
                continue
            try:
                results.append(full(name, config, frames, device, compiled, repeats))
            except RuntimeError as error:  # out of memory, or a compiler that is not there
                results.append({"model": name, "compiled": compiled, "error": str(error)[:400]})
            print(json.dumps(results[-1]), flush=True)
            gc.collect()
    return results


def default_model() -> tuple[WTDiTConfig, dict[str, Tensor], int]:
    """The shipped model: its network, weights and default steps."""
    from wt_backend.checkpoints.load import load_model

    entry = next(entry for entry in registry.entries() if entry.name == "wt-mini")
    state = load_model("wt-mini", device="cpu", dtype=torch.float32).model.state_dict()
    return entry.config.network, state, entry.steps["object"]


def main(argv: list[str] | None = None) -> int:
    """Command line."""
    parser = argparse.ArgumentParser(prog="bench model", description=__doc__)
    parser.add_argument("--device", default="cpu")
    parser.add_argument("--full", action="store_true", help="released sizes, random weights (needs a GPU)")
    parser.add_argument("--only", nargs="*", help="names of configurations")
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--eager", action="store_true", help="leave torch.compile out of --full")
    parser.add_argument("--threads", type=int, nargs="*", help="default: 1 and all")
    parser.add_argument(
        "--busy",
        action="store_true",
        help="processor time, not wall clock: other jobs run too (use one thread)",
    )
    parser.add_argument("--json", type=Path, help="also write the results here")
    arguments = parser.parse_args(argv)
    device = torch.device(arguments.device)
    results: list[dict[str, object]]
    if arguments.full:
        if device.type != "cuda":
            parser.error("--full needs --device cuda")
        results = run_full(
            device, arguments.only, arguments.repeats, (False,) if arguments.eager else (False, True)
        )
    else:
        results = [asdict(row) for row in run_small(device, arguments)]
    if arguments.json:
        arguments.json.write_text(json.dumps(results, indent=1), encoding="utf-8")
    return 0


def run_small(device: torch.device, arguments: argparse.Namespace) -> list[Row]:
    """The small configurations and the shipped model, as a table."""
    network, state, steps = default_model()
    cases = {name: (*case, None, STEPS) for name, case in SMALL.items()} | {
        "wt-mini": (network, 1, state, steps)
    }
    timer = Timer(device, time.process_time if arguments.busy else time.perf_counter)
    threads = arguments.threads or sorted({1, torch.get_num_threads()})
    rows = []
    print(f"{'config':14} {'format':6} {'thr':>3} {'plain':>9} {'ours':>9} {'ratio':>6} {'same':>6}", end=" ")
    print(f"{'once':>8} {'step':>9} {'MB plain':>9} {'MB ours':>8} {'differ':>8}")
    for count in threads if device.type == "cpu" else [1]:
        torch.set_num_threads(count)
        for name, (config, frames, weights, default_steps) in cases.items():
            for precision in ("fp32", "bf16"):
                if arguments.only and name not in arguments.only:
                    continue
                row = compare(
                    name, config, frames, precision, timer, arguments.repeats, weights, default_steps
                )
                rows.append(row)
                print(_line(row), flush=True)
    return rows


def _line(row: Row) -> str:
    return (
        f"{row.config:14} {row.precision:6} {row.threads:3} {row.plain_step:9.1f} {row.ours:9.1f} "
        f"{row.ratio:6.2f} {row.same_kernels:6.2f} {row.ours_once:8.1f} {row.ours_step:9.1f} "
        f"{row.plain_memory:9.1f} {row.ours_memory:8.1f} {row.difference:8.1e}"
    )


if __name__ == "__main__":
    sys.exit(main())
