"""`python -m wt_backend models`: list the models, download one, check one."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence

from wt_backend import methods
from wt_backend.checkpoints.registry import cached, find, is_available, models
from wt_backend.jobs import Cancellation, Reporter
from wt_backend.protocol import BackendError, ModelEntry
from wt_backend.terminal import Stages


def main(argv: Sequence[str]) -> int:
    """Run the command."""
    options = _parser().parse_args(argv)
    if options.action == "download":
        return _download(options.name, options.accept_licence)
    if options.action == "verify":
        return _verify(options.name)
    for model in models():
        print(_line(model))
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m wt_backend models", description=__doc__)
    actions = parser.add_subparsers(dest="action", metavar="ACTION")
    actions.add_parser("list", help="what there is (default)")
    download = actions.add_parser("download", help="fetch the weights of a model from the Hugging Face Hub")
    download.add_argument("name")
    download.add_argument("--accept-licence", action="store_true", help="you have read and accept it")
    verify = actions.add_parser("verify", help="check that the weights are the published ones")
    verify.add_argument("name")
    return parser


def _line(model: ModelEntry) -> str:
    state = "here" if model.available else f"download {model.size_mb / 1000:.1f} GB"
    modes = "+".join(model.modes)
    needs = f"{model.memory_gb:4.1f} GB memory"
    return f"{model.name:10} {state:16} {needs}  {modes:13} {model.licence:17} {model.label}"


def _download(name: str, accepted: bool) -> int:
    terms = _terms(name)
    if terms is not None and not accepted:
        print(terms)
        if not _accepts():
            raise BackendError(
                "access", "The licence was not accepted; nothing was downloaded.", "Add --accept-licence."
            )
    stages = Stages()
    result = methods.call("models/download", {"model": name}, Reporter(stages), Cancellation())
    stages.close()
    print(f"{result['path']}\nsha256 {result['sha256']}")
    return 0


def _accepts() -> bool:
    """Ask, where somebody can answer; the end of input is a no."""
    if not sys.stdin.isatty():
        return False
    print("Do you accept the licence? [y/N] ", end="", flush=True)
    return sys.stdin.readline().strip().lower() == "y"


def _terms(name: str) -> str | None:
    """What must be accepted before a download, under whichever name; None where nothing is downloaded."""
    entry = find(name)
    if name.startswith("hf://"):
        from wt_backend.checkpoints.load import parse_address, registered  # loads torch, which takes seconds

        source = parse_address(name)
        entry = registered(source)
        if entry is None and cached(source) is None:
            return f"The licence of {source.repository} is the one on its page on the Hub."
    if entry is None or is_available(entry):
        return None
    size = f"{entry.size_mb / 1000:.1f} GB to download"
    return f"{entry.label} is licensed {entry.licence} ({entry.licence_url}): {size}."


def _verify(name: str) -> int:
    intact = methods.call("models/verify", {"model": name}, Reporter(lambda values: None), Cancellation())[
        "intact"
    ]
    if not intact:
        raise BackendError(
            "model_damaged",
            f"The weights of {name} are missing or not the published ones.",
            "Download them again.",
        )
    print(f"{name}: intact")
    return 0
