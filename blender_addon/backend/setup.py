"""The installation of the backend that this Blender is doing, if any; and what it would do."""

from __future__ import annotations

import platform
from pathlib import Path

import bpy

from wt_backend import __version__
from wt_backend.protocol import BackendError

from .. import preferences
from . import display, hardware, pump, session
from .environment import EnvironmentState, environment_state, remove_environment
from .installation import LOG, PYTHON, Installation, Plan, requirement, space_needed
from .uv import package_index

INTERVAL = 0.2  # seconds
OFFLINE = "Blender may not go online."
ALLOW = "Allow it in Edit > Preferences > System > Network, or choose a folder of wheels."

_installation: Installation | None = None
_drawn = ""


def root() -> Path:
    """Folder of the managed environment; survives an upgrade of the extension."""
    return preferences.user_folder("environment")


def install_log() -> Path:
    """What the last attempt printed, if there was one."""
    return root() / LOG


def state() -> EnvironmentState:
    """How the managed environment stands."""
    return environment_state(root(), __version__)


def installation() -> Installation | None:
    """The attempt under way, or the last one."""
    return _installation


def is_running() -> bool:
    """Whether an attempt is under way."""
    return _installation is not None and _installation.status.running


def is_offline() -> bool:
    """Whether Install would need the network, and Blender may not use it."""
    return not preferences.get().wheels and not bpy.app.online_access


def make_plan() -> Plan:
    """What pressing Install would do.

    Raises
    ------
    BackendError
        Online access is off, or the folder of wheels does not exist.
    """
    settings = preferences.get()
    wheels = Path(bpy.path.abspath(settings.wheels)) if settings.wheels else None
    if wheels is not None and not wheels.is_dir():
        raise BackendError("access", f"There is no folder {wheels}.", "Choose the folder of wheels again.")
    if is_offline():
        raise BackendError("network", OFFLINE, ALLOW)
    build = settings.torch_build.lower()
    if build == hardware.AUTO:
        build = hardware.torch_backend(hardware.nvidia_capability())
    return Plan(
        root=root(),
        requirement=requirement(bundled_wheel()),
        version=__version__,
        torch_backend=build,
        wheels=wheels,
        index="" if wheels else package_index(settings.index),
        python=settings.base_python or (_own_python() if wheels else PYTHON),
        free_bytes=space_needed("cpu" if wheels else build, platform.system()),
    )


def bundled_wheel() -> Path:
    """The wheel of wt_backend that came with the extension."""
    wheels = sorted((Path(__file__).parents[1] / "wheels").glob("wt_backend-*.whl"))
    if not wheels:
        raise BackendError(
            "internal", "The extension has lost its wheel of wt_backend.", "Install the extension again."
        )
    return wheels[-1]


def install() -> Installation:
    """Begin."""
    global _installation
    _installation = Installation(make_plan(), at_work=lambda: bool(session.jobs()))
    session.unload()  # its environment is about to be replaced
    _installation.start()
    if not bpy.app.background:
        pump.start(_step)
    return _installation


def cancel() -> None:
    """Stop the attempt under way."""
    if _installation is not None:
        _installation.cancel()


def remove() -> None:
    """Remove the managed environment with all that belongs to it."""
    session.unload()
    remove_environment(root())


def unregister() -> None:
    """The add-on goes: an attempt under way stops, the next one goes on from its downloads."""
    pump.stop(_step)
    cancel()


def _own_python() -> str:
    """Blender's interpreter: the one that is there where nothing can be downloaded."""
    import sys

    return sys.executable


def _step() -> float | None:
    global _drawn
    if _installation is None:
        return None
    status = _installation.status
    if not status.running and status.error is None:
        session.settings_changed()  # that there was no backend counts no more
    if status.text != _drawn or not status.running:
        _drawn = status.text
        display.redraw()
    return INTERVAL if status.running else None
