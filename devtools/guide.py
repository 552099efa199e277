"""The user guide as HTML, as the extension zip carries it: errors in Blender link to it, offline too."""

from __future__ import annotations

import re
from pathlib import Path

from devtools.process import ROOT, VENV_PYTHON, capture

DOCS = ROOT / "docs"
PAGE = """<!DOCTYPE html>
<html lang="en">
<meta charset="utf-8">
<title>World Tracing for Blender</title>
<style>
body {{ max-width: 46rem; margin: 2rem auto; padding: 0 1rem; font: 1rem/1.5 system-ui, sans-serif }}
td, th {{ padding: .2rem .8rem .2rem 0; text-align: left; vertical-align: top }}
img {{ max-width: 100% }}
code {{ background: #8882 }}
</style>
{body}
</html>
"""


def guide_files(out: Path) -> dict[str, Path]:
    """Write the guide into the folder `out`; return its files by their names in the zip."""
    source, page = DOCS / "user_guide.md", out / "user_guide.html"
    convert: list[str | Path] = [VENV_PYTHON, "-m", "markdown", "-x", "tables", "-x", "toc", source]
    capture([*convert, "-f", page], what="Converting the user guide", timeout=60)
    page.write_text(PAGE.format(body=page.read_text(encoding="utf-8")), encoding="utf-8")
    images = re.findall(r"\]\((images/[^)]+)\)", source.read_text(encoding="utf-8"))
    return {f"guide/{page.name}": page} | {f"guide/{image}": DOCS / image for image in images}
