"""Which Python runs the backend."""

from __future__ import annotations

from pathlib import Path

import pytest

from blender_addon.backend.environment import finish_environment, python_of
from blender_addon.backend.interpreter import ENVIRONMENT_VARIABLE, find_interpreter
from wt_backend.protocol import BackendError


def executable(path: Path) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.touch(mode=0o755)
    return path


def test_preferences_come_before_the_variable_before_the_managed_environment(tmp_path: Path) -> None:
    preferred, named = executable(tmp_path / "a b/python"), executable(tmp_path / "ü/python")
    managed = executable(python_of(tmp_path / "managed" / "env-1"))
    finish_environment(tmp_path / "managed", tmp_path / "managed" / "env-1", "0.1.0", "cpu")
    variables = {ENVIRONMENT_VARIABLE: str(named)}
    assert find_interpreter(str(preferred), tmp_path / "managed", variables).python == str(preferred)
    assert find_interpreter("", tmp_path / "managed", variables).python == str(named)
    found = find_interpreter("", tmp_path / "managed", {})
    assert (found.python, found.package_folder) == (str(managed), None)


def test_a_borrowed_interpreter_is_told_where_the_package_lies(tmp_path: Path) -> None:
    python = executable(tmp_path / "python")
    folder = find_interpreter(str(python), tmp_path, {}).package_folder
    assert folder is not None and (Path(folder) / "wt_backend" / "protocol.py").is_file()


@pytest.mark.parametrize(
    "variables",
    [{}, {ENVIRONMENT_VARIABLE: "/no/such/python"}, {ENVIRONMENT_VARIABLE: f"/{'x' * 300}/python"}],
)
def test_a_missing_interpreter_is_a_sentence_with_advice(tmp_path: Path, variables: dict[str, str]) -> None:
    with pytest.raises(BackendError) as caught:
        find_interpreter("", tmp_path, variables)
    assert caught.value.hint
