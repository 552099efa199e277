"""Where the worker writes what a person may have to read: one log file with tracebacks."""

from __future__ import annotations

import logging
import os
import sys
import tempfile
from pathlib import Path

MAX_BYTES = 1 << 20
NAME = "wt_backend.log"


def log_folder() -> Path:
    """`$WT_LOG_DIR`, or the platform's place for an application's state."""
    if folder := os.environ.get("WT_LOG_DIR"):
        return Path(folder)
    home = home_folder()
    if sys.platform == "win32":
        return Path(os.environ.get("LOCALAPPDATA", home)) / "World Tracing" / "Logs"
    if sys.platform == "darwin":
        return home / "Library" / "Logs" / "World Tracing"
    return Path(os.environ.get("XDG_STATE_HOME") or home / ".local" / "state") / "world-tracing"


def home_folder() -> Path:
    """The user's home; for a service account without one the folder for temporary files."""
    try:
        return Path.home()
    except RuntimeError:
        return Path(tempfile.gettempdir())


def log_file() -> Path:
    """The log file, which may not exist yet."""
    return log_folder() / NAME


def start_logging() -> None:
    """Send log records to the log file, or to stderr where it cannot be written."""
    handler: logging.Handler
    try:
        log_folder().mkdir(parents=True, exist_ok=True)
        too_long = log_file().is_file() and log_file().stat().st_size > MAX_BYTES
        handler = logging.FileHandler(
            log_file(), mode="w" if too_long else "a", encoding="utf-8", errors="backslashreplace"
        )  # names of files may hold bytes that are no text
    except OSError as error:
        handler = logging.StreamHandler()
        print(f"World Tracing: no log file ({error}); logging here.", file=sys.stderr)
    logging.basicConfig(
        level=logging.INFO,
        handlers=[handler],
        format=f"%(asctime)s {os.getpid()} %(levelname)s %(name)s: %(message)s",
        force=True,
    )
