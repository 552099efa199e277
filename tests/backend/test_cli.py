"""The command line, as a person runs it."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path

import pytest

from wt_backend.cli import COMMANDS, FAILED, main
from wt_backend.stack import LayerStack


def run(*arguments: object, **environment: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "wt_backend", *map(str, arguments)]
    env = os.environ | environment
    return subprocess.run(command, capture_output=True, text=True, timeout=120, check=False, env=env)


def test_trace_prints_stages_and_counts(samples: Path, tmp_path: Path, tiny_model: Path) -> None:
    out = tmp_path / "new folder" / "mixer ü.wts"
    done = run("trace", samples / "mixer.png", "--out", out, "--model", tiny_model, "--steps", 3, "--seed", 5)
    assert done.returncode == 0, done.stderr
    lines = done.stdout.splitlines()
    assert [line.split()[0] for line in lines[:7]] == [
        "load",
        "model",
        "encode",
        "denoise",
        "decode",
        "clean",
        "save",
    ]
    stack = LayerStack.load(out)
    stack.validate()
    assert str(out) in lines[-1] and f"{stack.points:,} points" in lines[-1] and "object mode" in lines[-1]
    assert (stack.info.seed, stack.info.steps) == (5, 3)
    assert stack.info.source == str(samples / "mixer.png")


def test_bad_input_is_one_sentence_and_a_hint(tmp_path: Path) -> None:
    done = run("trace", tmp_path / "no.png", "--out", tmp_path / "a.wts")
    assert done.returncode == 2
    assert done.stderr.splitlines() == [
        f"Error: The image {tmp_path / 'no.png'} does not exist.",
        "  Check the path.",
    ]
    assert done.stdout.split()[:1] in ([], ["load"])
    assert "Traceback" not in done.stderr


@pytest.mark.skipif(sys.platform == "win32", reason="pipes break otherwise there")
def test_a_reader_that_has_seen_enough_is_no_traceback(
    samples: Path, tmp_path: Path, tiny_model: Path
) -> None:
    """As in `trace … | head -1`."""
    out = tmp_path / "a.wts"
    command = [sys.executable, "-m", "wt_backend", "trace", samples / "cup.jpg", "--out", out]
    with subprocess.Popen(
        [*command, "--model", tiny_model], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout.readline().startswith("load")
        process.stdout.close()
        errors = process.stderr.read()
    assert process.returncode == 141 and not errors
    assert list(tmp_path.glob("*.wts*")) == []


def test_names_that_a_terminal_cannot_show_are_no_trouble(
    samples: Path, tmp_path: Path, tiny_model: Path
) -> None:
    """As on Windows, where output that goes into a file has the system's old encoding."""
    out = tmp_path / "кружка.wts"
    done = run("trace", samples / "mixer.png", "--out", out, "--model", tiny_model, PYTHONIOENCODING="cp1252")
    assert done.returncode == 0 and out.is_file(), done.stderr
    assert r"\u043a\u0440" in done.stdout.splitlines()[-1]


def test_a_damaged_frame_of_a_shot_is_a_sentence(samples: Path, tmp_path: Path, tiny_model: Path) -> None:
    frames = tmp_path / "frames"
    frames.mkdir()
    for number in range(3):
        shutil.copy(samples / "mixer.png", frames / f"{number}.png")
    shot = tmp_path / "shot"
    assert run("trace-footage", frames, "--out", shot, "--model", tiny_model).returncode == 0
    (shot / "frame.00002.wts").write_bytes(b"")
    done = run("merge-static", shot, "--out", tmp_path / "merged")
    assert done.returncode == 2 and "Traceback" not in done.stderr
    assert "frame.00002.wts" in done.stderr.splitlines()[0]


@pytest.mark.parametrize("command", ["trace", "export"])
def test_a_result_never_takes_the_place_of_its_source(
    samples: Path, tmp_path: Path, tiny_model: Path, command: str
) -> None:
    image, stack = tmp_path / "mug.png", tmp_path / "mug.wts"
    shutil.copy(samples / "mixer.png", image)
    (tmp_path / "link").symlink_to(tmp_path)
    assert run("trace", image, "--out", stack, "--model", tiny_model).returncode == 0
    source = image if command == "trace" else stack
    before = source.read_bytes()
    options = ["--model", tiny_model] if command == "trace" else ["--to", "ply"]
    done = run(command, source, "--out", tmp_path / "link" / source.name, *options)
    assert done.returncode == 2 and "itself" in done.stderr
    assert source.read_bytes() == before


def test_a_folder_is_traced_into_a_folder(samples: Path, tmp_path: Path, tiny_model: Path) -> None:
    """What fails is named, what is there stays, and images of one name are told apart."""
    photos, out = tmp_path / "phôtos", tmp_path / "out"
    photos.mkdir()
    out.mkdir()
    shutil.copy(samples / "mixer.png", photos)
    shutil.copy(samples / "mixer.png", photos / "cup.png")
    shutil.copy(samples / "cup.jpg", photos)
    (photos / "broken.png").write_bytes(b"no picture")
    (photos / "notes.txt").write_text("none of them")
    (out / "mixer.wts").write_bytes(b"of an earlier run")
    done = run("trace", photos, "--out", out, "--model", tiny_model, "--steps", 1)
    assert done.returncode == 2 and "Traceback" not in done.stderr
    assert "broken.png" in done.stderr and "1 of 4 images could not be traced." in done.stderr
    assert sorted(path.name for path in out.iterdir()) == ["cup.jpg.wts", "cup.png.wts", "mixer.wts"]
    assert (out / "mixer.wts").read_bytes() == b"of an earlier run" and "mixer.wts is there" in done.stdout
    assert LayerStack.load(out / "cup.jpg.wts").info.source == str(photos / "cup.jpg")


def test_one_mask_is_not_for_several_images(samples: Path, tmp_path: Path) -> None:
    several = [samples / "mixer.png", samples / "cup.jpg", "--mask", samples / "mixer.png"]
    done = run("trace", *several, "--out", tmp_path / "out")
    assert done.returncode == 2 and "--mask goes with one image" in done.stderr
    assert not (tmp_path / "out").exists()


def test_usage(tmp_path: Path) -> None:
    done = run("--help")
    assert done.returncode == 0 and "trace" in done.stdout
    assert run().returncode == 2 and run("trace", "a.png").returncode == 2
    assert run("--version").stdout.strip() == "0.1.0"


@pytest.mark.parametrize("name", COMMANDS)
def test_every_listed_command_exists(name: str) -> None:
    assert find_spec(COMMANDS[name][0]) is not None


@pytest.fixture
def ctrl_c() -> Iterator[None]:
    """Children hear Ctrl-C, which a test run in the background of a shell ignores and would pass on."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


@pytest.mark.usefixtures("ctrl_c")
def test_ctrl_c_is_clean(samples: Path, tmp_path: Path) -> None:
    command = [sys.executable, "-m", "wt_backend", "trace", str(samples / "mixer.png"), "--out"]
    command += [str(tmp_path / "a.wts"), "--steps", "1000"]  # minutes
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        assert process.stdout.readline().startswith("load")
        while not process.stdout.readline().startswith("encode"):
            pass
        time.sleep(0.3)
        process.send_signal(signal.SIGINT)
        _, errors = process.communicate(timeout=60)
    assert process.returncode == 130 and errors.strip() == "Stopped."
    assert list(tmp_path.iterdir()) == []


def test_models_are_listed_and_verified() -> None:
    listed = run("models").stdout.splitlines()
    assert listed[0].startswith("wt-mini") and "here" in listed[0] and "GPL-3.0" in listed[0]
    assert any("CC BY-NC-ND 4.0" in line for line in listed)
    assert run("models", "verify", "wt-mini").stdout.strip() == "wt-mini: intact"


def test_nothing_is_downloaded_before_the_licence_is_accepted() -> None:
    done = run("models", "download", "object")
    assert done.returncode == 2 and "CC BY-NC-ND 4.0" in done.stdout and "not accepted" in done.stderr


@pytest.mark.parametrize("command", [["sheet", "--count", "1"], ["make-validation", "--count", "1"]])
def test_a_place_that_is_no_folder_is_a_sentence(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], command: list[str]
) -> None:
    (tmp_path / "taken").write_text("a file")
    assert main([*command, "--out", str(tmp_path / "taken" / "x.png")]) == FAILED
    assert str(tmp_path / "taken") in capsys.readouterr().err


@pytest.mark.parametrize(
    ("command", "option"),
    [
        ("sheet", "--count=0"),
        ("sheet", "--views=0"),
        ("sheet", "--size=0"),
        ("make-validation", "--size=0"),
        ("make-validation", "--seed=-1"),
        ("evaluate", "--points=-5"),
    ],
)
def test_a_number_out_of_bounds_is_a_sentence(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], command: str, option: str
) -> None:
    folder = [str(tmp_path)] if command == "evaluate" else []
    with pytest.raises(SystemExit):
        main([command, option, "--out", str(tmp_path / "x.png"), *folder])
    assert f"argument {option.split('=')[0]}: {option.split('=')[1]} is below" in capsys.readouterr().err
    assert not list(tmp_path.iterdir())


def test_a_sheet_makes_its_folder(tmp_path: Path) -> None:
    picture = tmp_path / "new" / "sheet.png"
    assert main(["sheet", "--count", "1", "--size", "28", "--out", str(picture)]) == 0
    assert picture.stat().st_size > 100
