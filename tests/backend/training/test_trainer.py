"""The trainer as a process: stopped by SIGTERM and resumed, it ends where an uninterrupted run ends."""

from __future__ import annotations

import io
import json
import os
import resource
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from tests.tiny_run import TINY_RUN
from wt_backend.checkpoints.load import find_entry, load_model
from wt_backend.checkpoints.registry import OFFICIAL_LICENCE
from wt_backend.checkpoints.ship import ship
from wt_backend.protocol import BackendError
from wt_backend.training import trainer
from wt_backend.training.config import load_config
from wt_backend.training.state import alone, save_atomically
from wt_backend.training.train import CONFIGS, export
from wt_backend.training.trainer import MINI_BATCH, Trainer, mini_batch
from wt_backend.training.validate import Validation, validation_view

CONFIG = (
    TINY_RUN
    + """\
std = [0.25, 0.25, 0.25]
[data]
workers = 0
reuse = 4
buffer_scenes = 2
[objective]
lesson_weight = 0.5
[optimiser]
muon = true
learning_rate = 1e-3
warmup_steps = 5
[[stages]]
size = 28
images = 4
draws = 2
steps = {steps}
schedule = "per_layer"
[[stages]]
size = 28
images = 4
draws = 0
steps = 2
[[stages]]
size = 42
images = 4
draws = 1
patches = 5
steps = 4
"""
)


KINDS = [
    ("std = [0.25,", "std = [0.5,"),
    ("muon = true", "muon = false"),
    ("lesson_weight = 0.5", "lesson_weight = 0.0"),
]


def command(folder: Path, state: str, *extra: str) -> list[str]:
    program = "import sys; from wt_backend.training.train import main; sys.exit(main(sys.argv[1:]))"
    return [sys.executable, "-c", program, str(folder / "run.toml"), "--state", str(folder / state), *extra]


def test_stop_resume_export(tmp_path: Path) -> None:
    (tmp_path / "run.toml").write_text(CONFIG.format(steps=150))
    environment = os.environ | {"OMP_NUM_THREADS": "1"}
    subprocess.run(command(tmp_path, "whole"), check=True, timeout=240, env=environment)

    stopped = subprocess.Popen(command(tmp_path, "parts"), stdout=subprocess.PIPE, text=True, env=environment)
    log = tmp_path / "parts" / "tensorboard"
    deadline = time.monotonic() + 120
    while not log.exists() and time.monotonic() < deadline:
        time.sleep(0.05)
    time.sleep(1.0)
    stopped.send_signal(signal.SIGTERM)
    stopped.communicate(timeout=120)
    if stopped.returncode == 0:
        pytest.fail("The run ended before it could be stopped: make it longer.")
    assert stopped.returncode == 3
    halfway = torch.load(tmp_path / "parts" / "state.pt", weights_only=True)["progress"]
    assert 0 <= halfway["step"] < 156
    subprocess.run(command(tmp_path, "parts"), check=True, timeout=240, env=environment)

    whole, parts = (
        torch.load(tmp_path / name / "state.pt", weights_only=True) for name in ("whole", "parts")
    )
    assert whole["progress"]["step"] == parts["progress"]["step"] == 156
    for name, value in whole["model"].items():
        assert torch.equal(value, parts["model"][name]), name
    for name, value in whole["ema"].items():
        assert torch.equal(value, parts["ema"][name]), name

    subprocess.run(
        command(tmp_path, "whole", "--export", str(tmp_path / "out" / "toy-0.2")), check=True, timeout=60
    )
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == [
        "toy-0.2.json",
        "toy-0.2.safetensors",
    ]
    assert (tmp_path / "out" / "toy-0.2.safetensors").stat().st_size > 1000
    assert list((tmp_path / "whole" / "sheets").glob("*.png"))
    loaded = load_model(str(tmp_path / "out" / "toy-0.2.safetensors"), device="cpu", dtype=torch.float32)
    assert loaded.entry.name == "toy-0.2" and loaded.entry.caveat
    assert torch.allclose(
        next(iter(loaded.model.state_dict().values())), next(iter(whole["ema"].values())), atol=1e-3
    )


def test_a_machine_without_a_compiler_trains_all_the_same_and_a_run_that_is_done_says_so(
    tmp_path: Path,
) -> None:
    text = CONFIG.format(steps=1).replace("compile = false", "compile = true")
    (tmp_path / "run.toml").write_text(text)
    environment = os.environ | {
        "OMP_NUM_THREADS": "1",
        "CXX": str(tmp_path / "no-such-compiler"),
        "TORCHINDUCTOR_CACHE_DIR": str(tmp_path / "compiled"),
    }
    first, again = (
        subprocess.run(
            command(tmp_path, "state"),
            env=environment,
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )
        for _ in range(2)
    )
    assert first.returncode == 0, first.stderr
    assert "Nothing can be compiled here" in first.stdout and "All stages" not in first.stdout
    assert torch.load(tmp_path / "state" / "state.pt", weights_only=True)["progress"]["step"] == 7
    assert again.returncode == 0 and "All stages of this run are done." in again.stdout


def test_what_goes_on_from_a_model_is_used_like_it(tmp_path: Path) -> None:
    """An export of a run from the shipped weights, without a step; its encoder is another one."""
    config = replace(load_config(CONFIGS / "wt-mini.toml", tmp_path), compile=False, precision="32-true")
    Trainer(config).save()
    assert export(tmp_path / "state.pt", tmp_path / "mine") == 0
    mine, bundled = find_entry(str(tmp_path / "mine.safetensors")), find_entry("wt-mini")
    assert mine.config == config.model != bundled.config
    same = {"name": "", "label": "", "sha256": "", "weights": bundled.weights, "config": bundled.config}
    assert replace(mine, **same) == replace(bundled, **same)
    ship(tmp_path / "mine.safetensors", "x", "X", mine.steps, mine.existence_tolerance, folder=tmp_path)


def test_a_run_goes_on_without_the_weights_it_began_with(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "run.toml").write_text(CONFIG.format(steps=1))
    plain = load_config(tmp_path / "run.toml", tmp_path / "first")
    Trainer(plain).save()
    export(tmp_path / "first" / "state.pt", tmp_path / "first")
    card = tmp_path / "first.json"
    card.write_text(json.dumps(json.loads(card.read_text()) | {"licence": OFFICIAL_LICENCE}))
    weights = tmp_path / "first.safetensors"
    tuned = replace(plain, state=tmp_path / "second", initial_weights=str(weights))
    Trainer(tuned).save()
    weights.rename(tmp_path / "elsewhere.safetensors")
    Trainer(tuned).resume()
    assert capsys.readouterr().out.count("its licence forbids sharing the result") == 1
    with pytest.raises(BackendError, match="no model"):
        Trainer(replace(tuned, state=tmp_path / "third"))


def test_a_decoder_meets_no_encoder_of_other_weights_than_its_own(tmp_path: Path) -> None:
    """It was grafted onto what had been exported under that name since."""
    (tmp_path / "run.toml").write_text(CONFIG.format(steps=1))
    plain = load_config(tmp_path / "run.toml", tmp_path / "first")
    for seed in (1, 2):
        Trainer(replace(plain, seed=seed, state=tmp_path / f"seed {seed}")).save()
    export(tmp_path / "seed 1" / "state.pt", tmp_path / "first")
    together, alone, _ = plain.stages
    first = str(tmp_path / "first.safetensors")
    run = replace(plain, initial_weights=first, fresh_encoder=True, stages=(alone,))
    assert Trainer(run).run()
    export(tmp_path / "seed 2" / "state.pt", tmp_path / "first")
    with pytest.raises(BackendError, match=r"first\.safetensors has been replaced since this run began"):
        Trainer(replace(run, stages=(alone, together))).run()
    export(tmp_path / "seed 1" / "state.pt", tmp_path / "first")
    assert Trainer(replace(run, stages=(alone, together))).run()


def test_what_gets_no_gradient_is_known_to_several_devices(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Blocks that look along time are left out of single frames: the second step was refused."""
    (tmp_path / "run.toml").write_text(CONFIG.format(steps=1))
    plain = load_config(tmp_path / "run.toml", tmp_path / "state")
    plain = replace(plain, stages=plain.stages[:1])
    temporal = replace(plain.model, network=replace(plain.model.network, temporal_blocks=True))
    monkeypatch.setattr(trainer, "Fabric", lambda **settings: settings)
    monkeypatch.setattr(torch.cuda, "device_count", lambda: 2)
    assert trainer.placed(plain)["strategy"] == "auto"
    assert trainer.placed(replace(plain, model=temporal))["strategy"] == "ddp_find_unused_parameters_true"


def test_a_run_goes_on_from_the_lesson_of_its_encoder(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """There only a part of the weights has learned, and only a part of the losses is logged."""
    monkeypatch.setattr(trainer, "LOG_STEPS", 1)
    (tmp_path / "run.toml").write_text(CONFIG.format(steps=1))
    whole = load_config(tmp_path / "run.toml", tmp_path / "state")
    together, alone, _ = whole.stages
    first = Trainer(replace(whole, stages=(alone,)))
    before = {name: value.clone() for name, value in first.model.state_dict().items()}
    assert first.run()
    lines = [line for line in capsys.readouterr().out.splitlines() if line.startswith("step")]
    assert len(lines) == 2 and all("lesson" in line and "x0_error" not in line for line in lines)
    for name, value in first.model.state_dict().items():
        assert name.startswith("net.encoder.") or torch.equal(value, before[name]), name
    second = Trainer(replace(whole, stages=(alone, together)))
    assert second.run()
    assert second.progress.step == 3
    name = "net.decoder_blocks.0.attn.qkv.weight"
    assert not torch.equal(second.model.state_dict()[name], before[name])


def test_weights_whose_beginning_is_gone_are_not_said_to_be_ours(tmp_path: Path) -> None:
    (tmp_path / "run.toml").write_text(CONFIG.format(steps=1))
    trainer = Trainer(load_config(tmp_path / "run.toml", tmp_path / "state"))
    trainer.config = replace(trainer.config, initial_weights="gone.pt")
    trainer.save()
    assert export(tmp_path / "state" / "state.pt", tmp_path / "mine") == 0
    assert find_entry(str(tmp_path / "mine.safetensors")).licence == "that of gone.pt"


def test_weights_of_another_network_are_said_before_it_begins(tmp_path: Path) -> None:
    (tmp_path / "run.toml").write_text('initial_weights = "wt-mini"\n' + CONFIG.format(steps=1))
    with pytest.raises(BackendError, match="weights in wt-mini do not fit the model"):
        Trainer(load_config(tmp_path / "run.toml", tmp_path / "state"))


@pytest.mark.parametrize(("pays", "precision"), [(True, "bf16-mixed"), (False, "32-true")])
def test_learns_in_what_the_machine_is_faster_in(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, pays: bool, precision: str
) -> None:
    """And the state says which it was, instead of "auto"."""
    monkeypatch.setattr(trainer, "bfloat16_pays", lambda device: pays)
    (tmp_path / "run.toml").write_text(CONFIG.format(steps=1).replace('precision = "32-true"\n', ""))
    Trainer(load_config(tmp_path / "run.toml", tmp_path / "state")).run()
    saved = torch.load(tmp_path / "state" / "state.pt", weights_only=True)
    assert json.loads(saved["config"])["precision"] == precision


@pytest.mark.parametrize("change", KINDS)
def test_another_kind_of_run_does_not_go_on_from_a_state(tmp_path: Path, change: tuple[str, str]) -> None:
    text = CONFIG.format(steps=1).replace("warmup_steps = 5", "warmup_steps = 0")
    text = text.replace("draws = 0", "draws = 1")
    (tmp_path / "run.toml").write_text(text)
    Trainer(load_config(tmp_path / "run.toml", tmp_path / "state")).save()
    Trainer(load_config(tmp_path / "run.toml", tmp_path / "state")).resume()
    (tmp_path / "run.toml").write_text(text.replace(*change))
    with pytest.raises(BackendError, match="another network, normalisation, lesson or kind of optimiser"):
        Trainer(load_config(tmp_path / "run.toml", tmp_path / "state")).run()


def test_settings_of_the_optimisers_may_change_on_the_way(tmp_path: Path) -> None:
    text = CONFIG.format(steps=1)
    (tmp_path / "run.toml").write_text(text)
    Trainer(load_config(tmp_path / "run.toml", tmp_path / "state")).save()
    (tmp_path / "run.toml").write_text(
        text.replace("muon = true", "muon = true\nweight_decay = 0.2\nbetas = [0.8, 0.99]")
    )
    trainer = Trainer(load_config(tmp_path / "run.toml", tmp_path / "state"))
    trainer.resume()
    muon, adamw = (optimiser.param_groups for optimiser in trainer.optimisers)
    assert [group["weight_decay"] for group in (*muon, *adamw)] == [0.2, 0.2, 0.0]
    assert [group["betas"] for group in adamw] == [(0.8, 0.99)] * 2


def test_a_failed_save_keeps_the_state_before_and_leaves_nothing_behind(tmp_path: Path) -> None:
    """A limit on the size of files stands for a full disk: writing stops in the middle."""
    state = tmp_path / "state.pt"
    save_atomically({"step": 1}, state)
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    ignored = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, before[1]))
    try:
        with pytest.raises(BackendError, match="cannot be written"):
            save_atomically({"weights": torch.zeros(100_000)}, state)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
        signal.signal(signal.SIGXFSZ, ignored)
    assert [path.name for path in tmp_path.iterdir()] == ["state.pt"]
    assert torch.load(state, weights_only=True) == {"step": 1}


def torch_file(content: object) -> bytes:
    file = io.BytesIO()
    torch.save(content, file)
    return file.getvalue()


@pytest.mark.parametrize(
    "content",
    [b"no state", b"PK\x03\x04" + bytes(9000), b"", torch_file({"model": {}}), torch_file(torch.zeros(3))],
)
def test_a_damaged_state_is_a_sentence(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "run.toml").write_text(CONFIG.format(steps=1).replace("warmup_steps = 5", "warmup_steps = 0"))
    (tmp_path / "state.pt").write_bytes(content)
    with pytest.raises(BackendError, match="damaged"):
        Trainer(load_config(tmp_path / "run.toml", tmp_path)).run()
    with pytest.raises(BackendError, match="damaged"):
        export(tmp_path / "state.pt", tmp_path / "out")
    assert (tmp_path / "state.pt").read_bytes() == content


def test_a_run_killed_while_it_validates_has_saved_its_last_step(tmp_path: Path) -> None:
    (tmp_path / "run.toml").write_text(CONFIG.format(steps=3))
    state = tmp_path / "state" / "state.pt"
    run = subprocess.Popen(command(tmp_path, "state"), env=os.environ | {"OMP_NUM_THREADS": "1"})
    deadline = time.monotonic() + 120
    while not state.exists() and time.monotonic() < deadline:
        time.sleep(0.01)
    run.kill()
    run.wait()
    assert not (tmp_path / "state" / "validation.jsonl").exists()
    assert torch.load(state, weights_only=True)["progress"]["stage_step"] == 3


def start_with_data_workers(folder: Path, text: str) -> subprocess.Popen[str]:
    """A run in a process group of its own; all its processes write to one pipe."""
    (folder / "run.toml").write_text(text.replace("workers = 0", "workers = 1"))
    return subprocess.Popen(
        command(folder, "state"),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        env=os.environ | {"OMP_NUM_THREADS": "1"},
        start_new_session=True,
    )


def at_step_50(folder: Path) -> subprocess.Popen[str]:
    """A long run in the middle of its training."""
    run = start_with_data_workers(folder, CONFIG.format(steps=100_000))
    assert run.stdout is not None
    for line in run.stdout:
        if line.startswith("step 50"):
            break
    return run


def at_its_validation(folder: Path) -> subprocess.Popen[str]:
    """A run that makes the views of its validation."""
    text = CONFIG.format(steps=3).replace("validation_samples = 2", "validation_samples = 500")
    run = start_with_data_workers(folder, text)
    deadline = time.monotonic() + 120
    while not (folder / "state" / "state.pt").exists() and time.monotonic() < deadline:
        time.sleep(0.01)
    time.sleep(3)
    return run


@pytest.mark.parametrize("start", [at_step_50, at_its_validation])
def test_a_killed_trainer_takes_its_data_workers_along(
    tmp_path: Path, start: Callable[[Path], subprocess.Popen[str]]
) -> None:
    """What the system ends for its memory cannot tell anybody: the pipe closes when all have left."""
    run = start(tmp_path)
    run.kill()
    try:
        run.communicate(timeout=30)
    finally:
        with suppress(ProcessLookupError):
            os.killpg(run.pid, signal.SIGKILL)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM], ids=lambda number: number.name)
def test_a_signal_to_the_whole_process_group_loses_nothing(tmp_path: Path, number: signal.Signals) -> None:
    """Ctrl-C, or a scheduler that stops a job: the data workers get the signal, too."""
    run = at_step_50(tmp_path)
    os.killpg(run.pid, number)
    rest = run.communicate(timeout=120)[0]
    assert run.returncode == 3 and "; the same command goes on from there." in rest, rest
    saved = torch.load(tmp_path / "state" / "state.pt", weights_only=True)["progress"]
    assert saved["step"] >= 50


def test_a_model_that_thinks_in_metres_is_validated_on_what_it_learns(tmp_path: Path) -> None:
    """Its objects keep their own camera; relief as the canonical one shows it was taken for the truth."""
    text = CONFIG.format(steps=1).replace("workers = 0", "workers = 0\nscene_share = 0.0")
    (tmp_path / "run.toml").write_text(text.replace('"median_log"', '"zscore"'))
    validation = Validation(load_config(tmp_path / "run.toml", tmp_path / "state"))
    item, view = validation.items(28)[0], validation_view((0, 28, "object"))
    median = np.median(view.depth[0][view.depth[0] > 0])
    assert np.median(item["depth"][0][item["depth"][0] > 0]) == pytest.approx(median, rel=1e-3)
    assert item["intrinsics"][0, 0] == pytest.approx(view.intrinsics[0, 0])


@pytest.mark.parametrize("images", [1, 4, 8, 12, 13, 20, 96, 128])
def test_a_step_sees_as_many_images_as_its_stage_says(images: int) -> None:
    assert images % mini_batch(images) == 0 and mini_batch(images) <= MINI_BATCH
    assert mini_batch(images) == min(images, MINI_BATCH) or images not in (1, 4, 8, 96, 128)


def test_losses_that_stay_high_are_no_spikes_for_ever(tmp_path: Path) -> None:
    """As after a resume with other data: every step was passed over, for as long as the run lasted."""
    (tmp_path / "run.toml").write_text(CONFIG.format(steps=1))
    trainer = Trainer(load_config(tmp_path / "run.toml", tmp_path / "state"))
    trainer.progress.stage_step, trainer.progress.loss_level = 1000, 1.0
    assert trainer.is_spike(1e6) and trainer.is_spike(float("nan"))
    assert trainer.progress.loss_level < 1.05
    skipped = [trainer.is_spike(20.0) for _ in range(100)]
    assert skipped[0] and not skipped[-1]


def test_two_trainers_do_not_share_a_folder(tmp_path: Path) -> None:
    (tmp_path / "run.toml").write_text(CONFIG.format(steps=1))
    with alone(tmp_path / "state"):
        second = subprocess.run(
            [
                sys.executable,
                "-m",
                "wt_backend",
                "train",
                tmp_path / "run.toml",
                "--state",
                tmp_path / "state",
            ],
            env=os.environ | {"OMP_NUM_THREADS": "1"},
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )
    assert second.returncode == 2 and "Error: Another trainer is at work in" in second.stderr
    assert {path.name for path in (tmp_path / "state").iterdir()} <= {"lock"}


def test_the_state_is_read_by_who_is_alone(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """One that is started while another is at its last step would read what that is about to replace."""
    monkeypatch.setattr(signal, "signal", lambda number, handler: None)
    (tmp_path / "run.toml").write_text(CONFIG.format(steps=1))
    config = load_config(tmp_path / "run.toml", tmp_path / "state")
    early, late = Trainer(config), Trainer(config)
    early.run()
    capsys.readouterr()
    late.run()
    assert "All stages of this run are done." in capsys.readouterr().out


@pytest.mark.slow
def test_several_processes_train_one_model_and_stop_together(tmp_path: Path) -> None:
    """Two on the CPU, whose clocks differ: pictures, saves, the end of a stage, a signal, a resume."""
    text = CONFIG.format(steps=1)
    for stage in ("steps = 1\n", "steps = 2\n"):
        text = text.replace(stage, "minutes = 0.05\n")
    text = text.replace("steps = 4\n", "minutes = 10\n").replace("sheet_minutes = 60", "sheet_minutes = 0.02")
    (tmp_path / "run.toml").write_text(f"save_minutes = 0.01\n{text}")
    program = [sys.executable, "-m", "torch.distributed.run", "--standalone", "--nproc_per_node", "2"]
    program += ["-m", "wt_backend", "train", str(tmp_path / "run.toml"), "--state", str(tmp_path / "state")]
    for _ in range(2):
        run = subprocess.Popen(
            program,
            stdout=subprocess.PIPE,
            text=True,
            env=os.environ | {"OMP_NUM_THREADS": "1"},
            start_new_session=True,
        )
        try:
            assert any("stage 2" in line for line in iter(run.stdout.readline, ""))
            run.send_signal(signal.SIGTERM)
            run.communicate(timeout=25)  # processes that wait for each other are killed after 30 s
        finally:
            with suppress(ProcessLookupError):
                os.killpg(run.pid, signal.SIGKILL)
    saved = torch.load(tmp_path / "state" / "state.pt", weights_only=True)["progress"]
    assert saved["stage"] == 2 and saved["images"] == 8 * saved["step"]
