"""uv out of a package index: its page is read, its wheel is taken only if it is the pinned one."""

from __future__ import annotations

import functools
import os
import platform
import threading
import zipfile
from collections.abc import Iterator
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from blender_addon.backend.uv import VERSION, WHEELS, package_index, provide_uv, url_in_index
from wt_backend.protocol import BackendError

WHEEL = WHEELS["Linux", "x86_64"].name


class Quiet(SimpleHTTPRequestHandler):
    def log_message(self, *_args: object) -> None:
        """Quiet."""


@pytest.fixture
def index(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[tuple[str, Path]]:
    """A package index on a free port, and its folder, which holds something under the name of every wheel."""
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    page = tmp_path / "index" / "simple" / "uv"
    files = tmp_path / "index" / "files"
    page.mkdir(parents=True)
    files.mkdir()
    links = []
    for wheel in WHEELS.values():
        (files / wheel.name).write_bytes(b"not what was published")
        links.append(f'<a href="../../files/{wheel.name}#sha256=00">{wheel.name}</a>')
    (page / "index.html").write_text("\n".join(links))
    handler = functools.partial(Quiet, directory=str(tmp_path / "index"))
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}/simple", page
    server.shutdown()
    server.server_close()


def test_the_wheel_is_found_on_the_page(index: tuple[str, Path]) -> None:
    address, _page = index
    expected = f"{address.removesuffix('/simple')}/files/{WHEEL}"
    assert url_in_index(address, WHEEL) == url_in_index(address + "/", WHEEL) == expected


def test_a_wheel_that_is_not_the_pinned_one_is_refused(index: tuple[str, Path], tmp_path: Path) -> None:
    with pytest.raises(BackendError, match="the download is damaged") as error:
        provide_uv(tmp_path / "uv", None, lambda *_: None, lambda: False, index[0])
    assert error.value.kind == "network" and not list((tmp_path / "uv").iterdir())


def test_an_index_without_the_wheel_is_said(index: tuple[str, Path]) -> None:
    (index[1] / "index.html").write_text("<a href='uv-0.0.1.tar.gz'>old</a>")
    with pytest.raises(BackendError, match="does not offer uv-"):
        url_in_index(index[0], WHEEL)


@pytest.mark.parametrize("address", ["http://127.0.0.1:1/simple", "no address", "{}/nothing"])
def test_an_index_that_cannot_be_read_is_said(index: tuple[str, Path], address: str) -> None:
    with pytest.raises(BackendError, match="cannot be read") as error:
        url_in_index(address.format(index[0]), WHEEL)
    assert error.value.kind == "network" and "preferences" in error.value.hint


@pytest.mark.parametrize(
    ("chosen", "variables", "expected"),
    [
        ("", {}, ""),
        ("https://a/simple", {"PIP_INDEX_URL": "https://b"}, "https://a/simple"),
        ("", {"PIP_INDEX_URL": "https://b"}, "https://b"),
        ("", {"PIP_INDEX_URL": "https://b", "UV_DEFAULT_INDEX": "https://c"}, "https://c"),
    ],
)
def test_which_index(chosen: str, variables: dict[str, str], expected: str) -> None:
    assert package_index(chosen, variables) == expected


@pytest.mark.parametrize("address", ["https://me:secret@a/simple", "https://secret@a/simple"])
def test_a_password_in_the_address_is_refused_and_not_repeated(address: str) -> None:
    for chosen, variables in ((address, {}), ("", {"PIP_INDEX_URL": address})):
        with pytest.raises(BackendError, match="password") as error:
            package_index(chosen, variables)
        assert "secret" not in f"{error.value.message}{error.value.hint}"


def test_a_folder_of_wheels_may_serve_several_systems(tmp_path: Path) -> None:
    ours = WHEELS[platform.system(), platform.machine()].name
    older = ours.replace(VERSION, "0.9.30")
    for name in (older, *(wheel.name for wheel in WHEELS.values())):
        with zipfile.ZipFile(tmp_path / name, "w") as archive:
            program = "uv.exe" if "-win_" in name else "uv"
            archive.writestr(f"uv-{VERSION}.data/scripts/{program}", name)
    program = provide_uv(tmp_path / "uv", tmp_path, lambda *_: None, lambda: False)
    assert program.read_text() == ours
    (tmp_path / ours).unlink()
    (tmp_path / older).unlink()
    with pytest.raises(BackendError, match=f"no uv wheel for {platform.system()} {platform.machine()}"):
        provide_uv(tmp_path / "another place", tmp_path, lambda *_: None, lambda: False)


@pytest.mark.parametrize(
    ("place", "value"),  # in the local header and the directory of a zip file
    [("method", 99), ("encrypted", 1)],
)
def test_a_wheel_that_cannot_be_unpacked_is_said(tmp_path: Path, place: str, value: int) -> None:
    wheel = tmp_path / "uv-0.0.0-py3-none-any.whl"
    with zipfile.ZipFile(wheel, "w") as archive:
        archive.writestr(f"uv-0.0.0.data/scripts/{'uv.exe' if os.name == 'nt' else 'uv'}", "a program")
    content = bytearray(wheel.read_bytes())
    directory = content.index(b"PK\x01\x02")
    for header in (6, directory + 8):
        content[header + (2 if place == "method" else 0)] = value
    wheel.write_bytes(content)
    with pytest.raises(BackendError, match="cannot be unpacked") as error:
        provide_uv(tmp_path / "uv", tmp_path, lambda *_: None, lambda: False)
    assert error.value.hint
