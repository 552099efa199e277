"""The pages say what the code says: error codes, and what the manifest asks permission for."""

from __future__ import annotations

import re
import tomllib

from devtools.process import ROOT
from wt_backend.protocol import ERROR_CODES


def test_every_error_code_is_explained_and_no_other() -> None:
    page = (ROOT / "docs" / "user_guide.md").read_text(encoding="utf-8")
    table = page.partition("| code | means |")[2].partition("\n\n")[0]
    explained = re.findall(r"`(\w+)`", "".join(line.split("|")[1] for line in table.splitlines()[2:]))
    assert sorted(explained) == sorted(ERROR_CODES)


def test_permissions_have_reasons_of_the_length_that_blender_takes() -> None:
    manifest = tomllib.loads((ROOT / "blender_addon" / "blender_manifest.toml").read_text(encoding="utf-8"))
    assert set(manifest["permissions"]) == {"files", "network", "clipboard"}
    assert all(10 < len(reason) <= 64 for reason in manifest["permissions"].values())
