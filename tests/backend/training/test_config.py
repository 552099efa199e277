"""Run descriptions: what ships can be read, what is wrong is named."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch

from tests.tiny_run import TINY_RUN
from wt_backend import cli
from wt_backend.model.wt_dit import WTDiT
from wt_backend.training import config as config_module
from wt_backend.training.config import load_config

SHIPPED = sorted((Path(config_module.__file__).parent / "configs").glob("*.toml"))
NETWORK = f"stages = [{{size = 28, images = 1, draws = 1, steps = 1}}]\n{TINY_RUN}"
STAGE = 'model = "object"\n[[stages]]\nimages = 1\ndraws = 1\n'


@pytest.mark.parametrize("path", SHIPPED, ids=lambda path: path.stem)
def test_shipped_runs_are_sound_and_their_weights_fit_the_package(path: Path) -> None:
    run = load_config(path)
    with torch.device("meta"):
        model = WTDiT(run.model.network)
    assert sum(p.numel() for p in model.parameters()) <= 15.5e6
    assert all(stage.size % run.model.network.patch_size == 0 for stage in run.stages)
    assert run.stages[-1].size == run.model.image_size


def test_fine_tuning_takes_the_network_from_a_model_by_name(tmp_path: Path) -> None:
    (tmp_path / "fine.toml").write_text(
        'model = "object"\ninitial_weights = "object"\n'
        "[[stages]]\nsize = 504\nimages = 1\ndraws = 2\nsteps = 10\n"
    )
    run = load_config(tmp_path / "fine.toml")
    assert run.model.network.decoder_dim == 1536 and run.model.normalisation.mode == "zscore"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (
            'model = "no-such-model"\n[[stages]]\nsize = 56\nimages = 1\ndraws = 1\nsteps = 1\n',
            "no-such-model",
        ),
        ('model = "object"\n[[stages]]\nsize = 56\nimages = 1\ndraws = 1\n', "exactly one"),
        (
            'model = "object"\n[[stages]]\nsize = 56\nimages = 1\ndraws = 1\nsteps = 1\n'
            "[[stages]]\nsize = 56\nimages = 1\ndraws = 1\nminutes = 1\n",
            "all stages",
        ),
        (f'{STAGE}size = 56\nsteps = 1\nschedule = "per-layer"\n', "per_layer, shared"),
        (f"{STAGE}size = 60\nsteps = 1\n", "multiple of 14"),
        (f"{STAGE}size = 56\nsteps = 1\npatches = 17\n", "fewer than 17 patches"),
        (f"{STAGE}size = 56\nsteps = 1\n".replace("draws = 1", "draws = 0"), "give the encoder a `lesson"),
        (f"validation_samples = 0\n{STAGE}size = 56\nsteps = 1\n", "validation_samples"),
        (f"save_minutes = -1\n{STAGE}size = 56\nsteps = 1\n", "`save_minutes` is at least 0"),
        (f"{STAGE}size = 56\nsteps = 2.5\n", "`steps` is a whole number, not 2.5"),
        (f'{STAGE}size = "56"\nsteps = 1\n', "`size` is a whole number, not '56'"),
        (f"{STAGE}size = 56\nminutes = nan\n", "`minutes` is a finite number"),
        (f"{STAGE}size = 56\nsteps = -1\nminutes = 5.0\n", "`steps` is at least 0, not -1"),
        (f'precision = "16-mixed"\n{STAGE}size = 56\nsteps = 1\n', "one of auto, bf16-mixed, 32-true"),
        (f"{STAGE}size = 56\nsteps = 1\n[data]\nworkers = -1\n", "`workers` is at least 0, not -1"),
        (f"{STAGE}size = 56\nsteps = 1\n[data]\nreuse = 0\n", "`reuse` is at least 1"),
        (f"{STAGE}size = 56\nsteps = 1\n[data]\nseed = true\n", "`seed` is a whole number"),
        (f'{STAGE}size = 56\nsteps = 1\n[optimiser]\nlearning_rate = "1e-4"\n', "a number, not '1e-4'"),
        (f"{STAGE}size = 56\nsteps = 1\n[optimiser]\nbetas = [0.9]\n", "two numbers"),
        (f"{STAGE}size = 56\nsteps = 1\n[optimiser]\nema = 2\n", "a share up to 1"),
        (f"{STAGE}size = 56\nsteps = 1\n[optimiser]\nbetas = 5\n", "two numbers"),
        (f"{STAGE}size = 56\nsteps = 1\n[optimiser]\nclip = 0.0\n", "`clip` is above 0"),
        (f"{STAGE}size = 56\nsteps = 1\n[data]\nscene_share = 2.0\n", "`scene_share` is a share up to 1"),
        (f"{STAGE}size = 56\nsteps = 1\n[objective]\npure_noise_share = 2.0\n", "a share up to 1"),
        (f"name = 5\n{STAGE}size = 56\nsteps = 1\n", "`name` is text, not 5"),
        (f'name = "../x"\n{STAGE}size = 56\nsteps = 1\n', "`name` is that of a folder"),
        (f"data = 5\n{STAGE}size = 56\nsteps = 1\n", "`data` is a table"),
        (f"{STAGE}size = 56\nsteps = 1\n".replace("[[stages]]", "[stages]"), "a line \\[\\[stages\\]\\]"),
        ("model = 5\n[[stages]]\nsize = 56\nimages = 1\ndraws = 1\nsteps = 1\n", "described by the tables"),
        (
            NETWORK.replace("decoder_heads = 2", "decoder_heads = 0"),
            "`decoder_heads` is a whole number from 1",
        ),
        (NETWORK.replace("num_heads = 2", "num_heads = 0"), "`num_heads` is a whole number from 1, not 0"),
        (NETWORK.replace("dim = 16", "dim = -16"), "`embed_dim` is a whole number from 1, not -16"),
        (NETWORK + "std = [0.25]\n", "three finite numbers"),
        (NETWORK + "std = [nan, 1, 1]\n", r"`std` of the normalisation are three finite numbers, not \(nan"),
        (NETWORK + 'mean = ["a", 0, 0]\n', "`mean` of the normalisation are three finite numbers"),
        (NETWORK + "stdd = [1, 1, 1]\n", r"\[normalisation\] has no setting 'stdd'"),
        (NETWORK + "[model]\nprior_corelation = 0.5\n", r"\[model\] has no setting 'prior_corelation'"),
        (
            NETWORK.replace("[model.network.encoder]\n", "[model.network.encoder]\nstem = 8\n"),
            "`stem` is a list of widths, not 8",
        ),
        (f"fresh_encoder = true\n{NETWORK}", "`initial_weights`"),
        (
            NETWORK.replace("image_size = 28", "image_size = 21\npatch_size = 7")
            .replace("{size = 28", "{size = 21")
            .replace("[model.network.encoder]\n", "[model.network.encoder]\npatch_size = 7\n")
            + "[objective]\nlesson_weight = 1.0\n",
            "patches of an even size",
        ),
        (NETWORK + "[data]\nsede = 1\n", r"\[data\] has no setting 'sede'. It has seed, scene_share"),
        (f"speed = 5\n{NETWORK}", "A run has no setting 'speed'"),
        (NETWORK.replace("num_heads = 2\n", ""), r"\[model.network.encoder\] lacks `num_heads`"),
        (NETWORK.replace("head_blocks = 1\n", "heads = 1\n"), r"\[model.network\] has no setting 'heads'"),
        (NETWORK.replace("draws = 1, ", ""), r"\[\[stages\]\] lacks `draws`"),
        ('model = "object"\n', "stages"),
        ("[[stages]]\nsize = 56\nimages = 1\ndraws = 1\nsteps = 1\n", "model"),
    ],
)
def test_mistakes_are_named(tmp_path: Path, text: str, message: str) -> None:
    (tmp_path / "run.toml").write_text(text)
    with pytest.raises(ValueError, match=message):
        load_config(tmp_path / "run.toml")


@pytest.mark.parametrize(
    ("name", "text", "said"),
    [
        ("no-such-run", None, "wt-mini"),
        ("run.toml", "model = [", "run.toml"),
        ("run.toml", f"{STAGE}size = 56\nsteps = 1\ncolour = 3\n", "colour"),
    ],
)
def test_the_command_answers_a_wrong_run_with_a_sentence(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], name: str, text: str | None, said: str
) -> None:
    if text is not None:
        (tmp_path / name).write_text(text)
    assert cli.main(["train", str(tmp_path / name) if text else name]) == cli.FAILED
    error = capsys.readouterr().err
    assert error.startswith("Error: ") and said in error


@pytest.mark.parametrize("stem", ["", "/", ".safetensors"])
def test_an_export_without_a_name_is_refused_and_trains_nothing(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], stem: str
) -> None:
    """An empty one, as of a variable that is not set, was passed over: the command began to train."""
    (tmp_path / "state.pt").touch()
    assert cli.main(["train", "wt-toy", "--state", str(tmp_path), "--export", stem]) == cli.FAILED
    assert "is no name of a file" in capsys.readouterr().err


def test_nothing_is_exported_from_a_run_that_has_not_saved(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    options = ["--state", str(tmp_path / "none"), "--export", str(tmp_path / "x")]
    assert cli.main(["train", "wt-toy", *options]) == cli.FAILED
    assert "has not saved" in capsys.readouterr().err
