"""Whether an error means that there was not enough memory or room on a disk. Stdlib only.

Every library says in its own words that memory ran out; a full disk has its numbers.
"""

from __future__ import annotations

import errno
import re

_PAGING_FILE = "[WinError 1455]"  # too small to map PyTorch's libraries
# PyTorch's allocators (Linux, Windows), CUDA, and the statuses of its libraries: CUBLAS_STATUS_ALLOC_FAILED,
# CUDNN_STATUS_ALLOC_FAILED, since cuDNN 9 CUDNN_STATUS_INTERNAL_ERROR_DEVICE_ALLOCATION_FAILED.
_WORDS = re.compile(r"out of memory|allocate memory|not enough memory|[A-Z]_ALLOC(ATION)?_FAILED")


def is_out_of_memory(error: BaseException) -> bool:
    """Whether memory ran out, of the machine or of its GPU."""
    if isinstance(error, MemoryError) or type(error).__name__ == "OutOfMemoryError":
        return True
    text = str(error)
    if isinstance(error, OSError):
        return _PAGING_FILE in text
    if type(error).__module__ == "cv2":
        return "Insufficient memory" in text
    return isinstance(error, RuntimeError) and _WORDS.search(text) is not None


def is_disk_full(error: OSError) -> bool:
    """Whether a disk is full, or the user's share of it (a quota)."""
    return error.errno in (errno.ENOSPC, errno.EDQUOT)
