"""What uv and the first trace print when an installation fails → a sentence and what to do. No bpy."""

from __future__ import annotations

import re

from wt_backend.protocol import BackendError

# The first that matches wins: from the special to the general.
_CAUSES: tuple[tuple[str, str, str, str], ...] = (
    (
        r"no space left|os error 28|os error 112|errno 28|disk quota",
        "disk_full",
        "The disk is full.",
        "Free some space and press Install again; what was downloaded is kept.",
    ),
    (
        r"407 |proxy authentication|proxyconnect|proxy(?!\.py)",
        "network",
        "The proxy refuses the connection.",
        "Set HTTPS_PROXY (with name and password if it asks for them), restart Blender, install again.",
    ),
    (
        r"certificate|UnknownIssuer|self.signed",
        "network",
        "A secure connection is not possible: the certificate is not trusted.",
        "Behind a company network set SSL_CERT_FILE to its certificate and start Blender again.",
    ),
    (
        r"being used by another process|os error 32\b|os error 33\b",
        "access",
        "Another program holds a file of the installation.",
        "Wait for the virus scanner to finish or make an exception for Blender's folder, then install again.",
    ),
    (
        r"permission denied|operation not permitted|access is denied|os error 13\b|os error 5\b|"
        r"read-only file system|os error 30\b",
        "access",
        "A folder of the installation cannot be written to.",
        "Check who owns Blender's user folder, and whether the disk is read-only.",
    ),
    (
        r"hash mismatch|invalid zip|bad crc|corrupt|failed to extract|invalid gzip|end of central directory",
        "network",
        "A download is damaged.",
        "Press Install again; the damaged file is fetched anew.",
    ),
    (  # groups: Python of the environment; generation, version of the wheels
        r"you require cpython (\d+\.\d+).*abi tags?: `cp(\d)(\d+)`",
        "access",
        r"The wheels in the folder are for Python \2.\3, but the environment would have Python \1.",
        r"Set Base Python in the preferences to a Python \2.\3, or fetch the wheels for Python \1.",
    ),
    (
        r"no solution found|not found in the package registry|no matching|not found in the provided|"
        r"has no wheels|unsatisfiable",
        "access",
        "A package that the backend needs is not there for this system.",
        "With a folder of wheels: complete it. Otherwise choose an existing Python with PyTorch.",
    ),
    (
        r"dns error|failed to lookup|error sending request|connection refused|timed out|network unreachable|"
        r"could not connect|tcp connect|failed to fetch|network connectivity is disabled",
        "network",
        "The package index cannot be reached.",
        "Check the network connection and press Install again; it goes on where it stopped.",
    ),
    (
        r"no python|no interpreter|not a valid python|could not find.*python",
        "access",
        "No suitable Python was found.",
        "With a folder of wheels Blender's own Python is used: it must fit the wheels.",
    ),
    (
        r"winerror 1455|paging file",
        "out_of_memory",
        "There is not enough memory to load PyTorch.",
        "Close other programs, or let Windows make its paging file larger, and press Install again.",
    ),
    (
        r"no kernel image",
        "model_missing",
        "PyTorch was built for other GPUs than this one.",
        "Choose CUDA 12.6 or CPU as PyTorch build in the preferences and install again.",
    ),
    (
        r"dll load failed|error loading .* dependencies|cannot open shared object|libc\.so|vcruntime",
        "model_missing",
        "A system library that the backend needs is missing.",
        "On Windows install the Microsoft Visual C++ Redistributable; the log names the library.",
    ),
)


def explain(output: str, stage: str, log: str) -> BackendError:
    """The error for a failed stage.

    Parameters
    ----------
    output : what the program printed.
    stage : what it was doing, "Installing packages".
    log : path of the log with all of it.
    """
    for pattern, kind, message, hint in _CAUSES:
        if found := re.search(pattern, output, re.IGNORECASE):
            return BackendError(kind, found.expand(message), found.expand(hint), log)
    lines = [line.strip() for line in output.splitlines() if line.strip()]
    last = lines[-1][:200] if lines else "it said nothing"
    return BackendError("internal", f"{stage} failed: {last}.", f"All of it is in {log}.", log)
