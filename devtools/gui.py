"""The window tests: a real Blender of a Debian suite, in a chroot kept outside the repository."""

from __future__ import annotations

import hashlib
import os
import shutil
import tempfile
from pathlib import Path

from devtools.cache import cache
from devtools.extension import build_extension
from devtools.process import ROOT, VENV_PYTHON, BuildError, Unavailable, capture, run, say
from devtools.wheels import wheel_folder

SUITES = {"sid": "Blender 5.2", "trixie": "Blender 4.3"}
MAKE_CHROOT = ROOT / "scripts" / "gui_make_chroot.sh"
SCENARIOS = ROOT / "tests" / "gui" / "scenarios"
INSTALLS = "preferences"  # the scenario that installs the backend, offline
TIMEOUT = 720.0  # for one window, on a busy machine


def test(suites: list[str], scenarios: list[str]) -> None:
    """Install the extension zip in each suite's Blender and play the scenarios, under a virtual screen."""
    chroots = [str(ensure_chroot(suite)) for suite in suites]
    wheels = str(wheel_folder()) if INSTALLS in scenarios else ""
    variables = {"WT_GUI_CHROOTS": os.pathsep.join(chroots), "WT_GUI_SCENARIOS": os.pathsep.join(scenarios)}
    variables["WT_GUI_WHEELS"] = wheels
    command: list[str | Path] = [VENV_PYTHON, "-m", "pytest", "-m", "gui", "-v", "tests/gui"]
    with tempfile.TemporaryDirectory(prefix="world-tracing-") as folder:  # its own: runs may go side by side
        archive = build_extension(Path(folder))
        timeout = TIMEOUT * len(suites) * len(scenarios)
        run(command, what="The window tests", timeout=timeout, env={**variables, "WT_GUI_ZIP": str(archive)})


def scenario_names() -> list[str]:
    """The scenarios there are, by their files."""
    return sorted(path.stem for path in SCENARIOS.glob("[!_]*.py"))


def ensure_chroot(suite: str) -> Path:
    """Return the chroot with this suite's Blender; made on the first call."""
    folder = cache() / f"chroot-{suite}"
    recipe = hashlib.sha256(MAKE_CHROOT.read_bytes()).hexdigest()
    if _is_from(folder, recipe):
        return folder
    if not hasattr(os, "geteuid") or os.geteuid() != 0:
        raise Unavailable(
            "The window tests make a Debian chroot, which needs root on Linux; run them as root, "
            f"or point WT_CACHE at a folder that holds chroot-{suite}."
        )
    try:
        capture(["apt-get", "update", "-qq"], what="apt-get update", timeout=300)
    except BuildError as error:
        raise Unavailable(f"No Debian mirror answers, so no chroot can be made: {error}") from error
    if shutil.which("mmdebstrap") is None:
        say("Installing mmdebstrap")
        install = ["apt-get", "install", "-y", "-qq", "--no-install-recommends", "mmdebstrap"]
        capture(install, what="Installing mmdebstrap", timeout=300)
    say(f"Making {folder} with {SUITES[suite]} from Debian {suite} (about a minute, 1.1 GB)")
    run([MAKE_CHROOT, suite, folder], what=f"Making the {suite} chroot", timeout=1800)
    (folder / "recipe").write_text(recipe)
    return folder


def _is_from(chroot: Path, recipe: str) -> bool:
    """Whether a chroot was made by this version of the script: its packages change with it."""
    made_by = chroot / "recipe"
    return made_by.is_file() and made_by.read_text() == recipe
