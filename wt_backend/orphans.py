"""Processes end with the one that started them, even where that one is killed and can say nothing."""

from __future__ import annotations

import os
import signal
import sys
import threading
from multiprocessing import parent_process


def die_with_parent() -> None:
    """Linux: be killed when the thread that started this process ends. Elsewhere EOF on a pipe must do."""
    if not sys.platform.startswith("linux"):
        return
    import ctypes

    pr_set_pdeathsig = 1
    parent = os.getppid()
    ctypes.CDLL(None, use_errno=True).prctl(pr_set_pdeathsig, signal.SIGKILL, 0, 0, 0)
    if os.getppid() != parent:  # it ended in between
        os._exit(0)


def leave_with_starter() -> None:
    """In a process of `multiprocessing`: end when the one that asked for it does.

    The system's parent may be another, the server that it was forked from, and that lives as long as its
    children do.
    """
    starter = parent_process()
    if starter is None:
        return

    def wait() -> None:
        starter.join()
        os._exit(1)

    threading.Thread(target=wait, name="leave with starter", daemon=True).start()
