"""The `.wts` file: what goes in comes out, and damage is told as a sentence."""

from __future__ import annotations

import json
import math
import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from wt_backend.stack import LayerStack, Shot, StackError, StackInfo

RELAXED = settings(
    deadline=None, max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
ARRAYS = ("xyz", "mask", "rgba", "intrinsics", "grid_to_image")
text = st.text(max_size=30)  # lone surrogates too: undecodable bytes of a path


@st.composite
def stacks(draw: st.DrawFn) -> LayerStack:
    """Any stack, valid or not in what its numbers say."""
    layers, height, width = draw(st.tuples(st.integers(1, 4), st.integers(1, 6), st.integers(1, 6)))
    floats = st.floats(width=32, allow_nan=True, allow_infinity=True)
    info = StackInfo(
        unit=draw(st.sampled_from(["relative", "metre"])),
        model=draw(text),
        model_sha256=draw(text),
        normalisation=draw(
            st.dictionaries(text, st.lists(st.floats(allow_nan=False), max_size=3), max_size=3)
        ),
        seed=draw(st.integers(0, 2**63 - 1)),
        steps=draw(st.integers(0, 1000)),
        solver=draw(text),
        source=draw(st.text(st.characters(), max_size=30)),
        image_size=draw(st.tuples(st.integers(1, 12000), st.integers(1, 12000))),
        mode=draw(st.sampled_from(["object", "scene"])),
    )
    return LayerStack(
        xyz=draw(hnp.arrays(np.float32, (layers, height, width, 3), elements=floats)),
        mask=draw(hnp.arrays(np.bool_, (layers, height, width))),
        rgba=draw(hnp.arrays(np.uint8, (height, width, 4))),
        intrinsics=draw(hnp.arrays(np.float64, (3, 3))),
        grid_to_image=draw(hnp.arrays(np.float64, (2, 3))),
        info=info,
    )


@RELAXED
@given(stack=stacks())
def test_round_trip_is_exact(stack: LayerStack, tmp_path: Path) -> None:
    path = tmp_path / "a stack ü.wts"
    stack.save(path)
    loaded = LayerStack.load(path)
    assert loaded.info == stack.info
    for name in ARRAYS:
        before, after = getattr(stack, name), getattr(loaded, name)
        assert after.dtype == before.dtype and after.shape == before.shape
        assert before.tobytes() == after.tobytes()
    del loaded
    assert [p.name for p in tmp_path.iterdir()] == [path.name]


def test_the_file_is_plain_safetensors(stack: LayerStack, tmp_path: Path) -> None:
    from safetensors import safe_open
    from safetensors.numpy import load_file

    path = tmp_path / "a.wts"
    stack.save(path)
    arrays = load_file(path)
    assert set(arrays) == set(ARRAYS)
    for name in ARRAYS:
        np.testing.assert_array_equal(arrays[name], getattr(stack, name))
    with safe_open(path, "numpy") as file:
        assert json.loads(file.metadata()["world_tracing"])["seed"] == 42


def test_a_file_written_by_the_safetensors_package_loads(stack: LayerStack, tmp_path: Path) -> None:
    from dataclasses import asdict

    from safetensors.numpy import save_file

    path = tmp_path / "a.wts"
    info = {"world_tracing": json.dumps(asdict(stack.info))}
    save_file({name: getattr(stack, name) for name in ARRAYS}, path, metadata=info)
    loaded = LayerStack.load(path)
    assert loaded.info == stack.info
    for name in ARRAYS:
        np.testing.assert_array_equal(getattr(loaded, name), getattr(stack, name))


def test_arrays_are_mapped_and_read_only(stack: LayerStack, tmp_path: Path) -> None:
    stack.save(tmp_path / "a.wts")
    loaded = LayerStack.load(tmp_path / "a.wts")
    for name in ARRAYS:
        assert isinstance(getattr(loaded, name), np.memmap)
        with pytest.raises(ValueError, match="read-only"):
            getattr(loaded, name)[...] = 0


def test_a_valid_stack_validates(stack: LayerStack, tmp_path: Path) -> None:
    stack.validate()
    stack.save(tmp_path / "a.wts")
    LayerStack.load(tmp_path / "a.wts").validate()
    assert (stack.layers, stack.size) == (3, (7, 5))
    assert stack.points == np.count_nonzero(stack.mask) == 35 + 34 + 20


def nan_under_the_mask(stack: LayerStack) -> LayerStack:
    xyz = stack.xyz.copy()
    xyz[1, 0, 0, 1] = np.nan
    return replace(stack, xyz=xyz)


def behind_the_camera(stack: LayerStack) -> LayerStack:
    xyz = stack.xyz.copy()
    xyz[0, 0, 0, 2] = 0
    return replace(stack, xyz=xyz)


def layers_out_of_order(stack: LayerStack) -> LayerStack:
    xyz = stack.xyz.copy()
    xyz[1, 0, 0, 2] = 0.99
    return replace(stack, xyz=xyz)


def not_nested(stack: LayerStack) -> LayerStack:
    mask = stack.mask.copy()
    mask[2, 2, 3] = True
    return replace(stack, mask=mask)


def no_focal_length(stack: LayerStack) -> LayerStack:
    intrinsics = stack.intrinsics.copy()
    intrinsics[1, 1] = 0
    return replace(stack, intrinsics=intrinsics)


def flat_affine(stack: LayerStack) -> LayerStack:
    return replace(stack, grid_to_image=np.zeros((2, 3)))


@pytest.mark.parametrize(
    ("damage", "sentence"),
    [
        (nan_under_the_mask, "layer 1 has points that are not finite"),
        (behind_the_camera, "layer 0 has points behind the camera"),
        (layers_out_of_order, "layer 1 lies in front of layer 0"),
        (not_nested, "layer 2 exists where layer 1 does not"),
        (no_focal_length, "intrinsics"),
        (flat_affine, "cannot be inverted"),
    ],
)
def test_validate_names_the_file_and_the_problem(
    damage, sentence: str, stack: LayerStack, tmp_path: Path
) -> None:
    path = tmp_path / "bad.wts"
    damage(stack).save(path)
    with pytest.raises(StackError, match=sentence) as caught:
        LayerStack.load(path).validate()
    assert str(path) in str(caught.value)


def test_nan_where_nothing_exists_is_allowed(stack: LayerStack) -> None:
    xyz = stack.xyz.copy()
    xyz[~stack.mask] = np.nan
    replace(stack, xyz=xyz).validate()


def test_equal_depth_of_two_layers_is_allowed(stack: LayerStack) -> None:
    xyz = stack.xyz.copy()
    xyz[1, ..., 2] = xyz[0, ..., 2] * np.float32(1 - 1e-6)
    replace(stack, xyz=xyz).validate()


@pytest.mark.parametrize(
    ("name", "array"),
    [
        ("xyz", np.zeros((3, 5, 7, 3))),
        ("xyz", np.zeros((3, 5, 6, 3), np.float32)),
        ("mask", np.zeros((3, 5, 7), np.uint8)),
        ("mask", np.zeros((0, 5, 7), bool)),
        ("rgba", np.zeros((5, 7, 3), np.uint8)),
        ("intrinsics", np.eye(3, dtype=np.float32)),
        ("grid_to_image", np.eye(3)),
    ],
)
def test_wrong_arrays_are_refused(name: str, array: np.ndarray, stack: LayerStack) -> None:
    with pytest.raises(StackError):
        replace(stack, **{name: array})


def saved(stack: LayerStack, path: Path) -> bytes:
    stack.save(path)
    return path.read_bytes()


def rewritten(data: bytes, change) -> bytes:
    """The file with its header changed by a function."""
    length = int.from_bytes(data[:8], "little")
    header = json.loads(data[8 : 8 + length])
    change(header)
    new = json.dumps(header).encode()
    return len(new).to_bytes(8, "little") + new + data[8 + length :]


def test_every_truncation_is_refused(stack: LayerStack, tmp_path: Path) -> None:
    path = tmp_path / "cut.wts"
    data = saved(stack, path)
    for length in [*range(0, 60), *range(60, len(data) - 1, 97), len(data) - 1]:
        path.write_bytes(data[:length])
        with pytest.raises(StackError) as caught:
            LayerStack.load(path)
        assert str(path) in str(caught.value)


@RELAXED
@given(position=st.integers(0, 10**6), value=st.integers(0, 255))
def test_a_changed_header_byte_never_crashes(
    position: int, value: int, stack: LayerStack, tmp_path: Path
) -> None:
    path = tmp_path / "changed.wts"
    data = bytearray(saved(stack, path))
    length = int.from_bytes(data[:8], "little")
    data[position % (8 + length)] = value
    path.write_bytes(data)
    try:
        LayerStack.load(path)
    except StackError as error:
        assert str(path) in str(error)


def set_version(header: dict) -> None:
    info = json.loads(header["__metadata__"]["world_tracing"])
    header["__metadata__"]["world_tracing"] = json.dumps({**info, "version": 2, "new_field": 1})


def set_dtype(header: dict) -> None:
    header["xyz"]["dtype"] = "F64"


def set_negative(header: dict) -> None:
    header["xyz"]["data_offsets"][0] -= 4096


def set_shape(header: dict) -> None:
    header["mask"]["shape"] = [3, 7, 5]


def set_overflow(header: dict) -> None:
    header["xyz"]["shape"] = [2**40, 2**40, 2**40, 3]


def set_shape_beyond_numpy(header: dict) -> None:
    header["mask"]["shape"] = [0, 2**40, 2**40]
    header["mask"]["data_offsets"] = [0, 0]


def drop_metadata(header: dict) -> None:
    del header["__metadata__"]


def drop_array(header: dict) -> None:
    del header["rgba"]


def drop_field(header: dict) -> None:
    header["__metadata__"]["world_tracing"] = json.dumps({"version": 1})


def set_endless(header: dict) -> None:
    info = json.loads(header["__metadata__"]["world_tracing"])
    header["__metadata__"]["world_tracing"] = json.dumps({**info, "image_size": [math.inf, 5]})


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        (set_endless, "metadata is damaged"),
        (set_version, "version 2.*update World Tracing"),
        (set_dtype, "array xyz is F64"),
        (set_negative, "array xyz"),
        (set_shape, "expected"),
        (set_overflow, "array xyz does not fill its place"),
        (set_shape_beyond_numpy, "cannot be read"),
        (drop_metadata, "not a layer stack"),
        (drop_array, "array rgba is missing"),
        (drop_field, "metadata is damaged"),
    ],
)
def test_a_wrong_header_is_refused(change, sentence: str, stack: LayerStack, tmp_path: Path) -> None:
    path = tmp_path / "bad.wts"
    path.write_bytes(rewritten(saved(stack, path), change))
    with pytest.raises(StackError, match=sentence):
        LayerStack.load(path)


@pytest.mark.parametrize("length", [2**63, 2**64 - 1, 10**9, 2**20 + 1])
def test_a_huge_header_is_refused_unread(length: int, tmp_path: Path) -> None:
    path = tmp_path / "huge.wts"
    path.write_bytes(length.to_bytes(8, "little") + b"{" * 100)
    with pytest.raises(StackError, match="not a layer stack"):
        LayerStack.load(path)


def test_deeply_nested_header_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "deep.wts"
    header = b"[" * 200_000
    path.write_bytes(len(header).to_bytes(8, "little") + header)
    with pytest.raises(StackError, match="header is damaged"):
        LayerStack.load(path)


def test_missing_file_and_folder(tmp_path: Path) -> None:
    for path in (tmp_path / "no.wts", tmp_path):
        with pytest.raises(StackError, match="cannot be read"):
            LayerStack.load(path)


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such pipes")
def test_a_pipe_that_nobody_writes_into_is_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "a.wts")
    with pytest.raises(StackError, match="no ordinary file"):
        LayerStack.load(tmp_path / "a.wts")


@pytest.mark.parametrize("name", ["a\0b.wts", "\ud800.wts"])
def test_a_path_that_no_file_can_have(name: str, tmp_path: Path) -> None:
    with pytest.raises(StackError, match="cannot be read"):
        LayerStack.load(tmp_path / name)


def test_a_failed_save_leaves_the_old_file_alone(stack: LayerStack, tmp_path: Path) -> None:
    path = tmp_path / "a.wts"
    before = saved(stack, path)
    broken = replace(stack, info=replace(stack.info, normalisation={"mean": object()}))
    with pytest.raises(TypeError):
        broken.save(path)
    assert path.read_bytes() == before
    with pytest.raises(OSError):
        stack.save(tmp_path / "missing" / "a.wts")
    assert [p.name for p in tmp_path.iterdir()] == ["a.wts"]


def test_saved_files_have_ordinary_permissions(
    stack: LayerStack, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Also on a disk that lets nobody change them, as CIFS and FAT do."""

    def refuse(*_arguments: object, **_options: object) -> None:
        raise PermissionError(1, "Operation not permitted")

    monkeypatch.setattr(os, "chmod", refuse)
    (tmp_path / "plain").write_bytes(b"")
    stack.save(tmp_path / "a.wts")
    assert (tmp_path / "a.wts").stat().st_mode == (tmp_path / "plain").stat().st_mode


def test_import_is_light() -> None:
    code = (
        "import sys, numpy, time; t = time.process_time(); "
        "import wt_backend.stack, wt_backend.protocol, wt_backend.camera; "
        "print(time.process_time() - t, 'torch' in sys.modules, 'cv2' in sys.modules)"
    )
    out = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    ).stdout.split()
    assert out[1:] == ["False", "False"]
    assert float(out[0]) < 0.3


def test_shot_grows_and_resumes(stack: LayerStack, tmp_path: Path) -> None:
    shot = Shot(tmp_path, {12: "0012.wts", 3: "0003.wts"}, 25.0, stack.intrinsics.tolist(), {"seed": 1})
    shot.save()
    assert shot.finished() == []
    stack.save(shot.path(12))
    again = Shot.load(tmp_path / "shot.json")
    assert again.finished() == [12]
    assert again.load_frame(12).info == stack.info
    assert (again.frames, again.fps, again.settings) == (shot.frames, 25.0, {"seed": 1})
    assert again.intrinsics == stack.intrinsics.tolist()
    again.with_state("done").save()
    assert Shot.load(tmp_path).state == "done"


@pytest.mark.parametrize(
    "content",
    [
        None,
        [],
        {},
        {"frames": {"1": "../../etc/passwd"}},
        {"frames": {"x": "a.wts"}},
        {"frames": [1]},
        {"state": "lost"},
        {"version": 9},
        {"version": math.inf},
    ],
)
def test_a_damaged_shot_is_refused(content: object, tmp_path: Path) -> None:
    whole = {"version": 1, "frames": {}, "fps": 25, "intrinsics": None, "settings": {}, "state": "done"}
    damaged = {**whole, **content} if content else content
    (tmp_path / "shot.json").write_text("" if content is None else json.dumps(damaged))
    with pytest.raises(StackError, match=r"shot\.json"):
        Shot.load(tmp_path)
