"""`python -m wt_backend COMMAND`: one door to all commands."""

from __future__ import annotations

import argparse
import os
import select
import sys
from collections.abc import Callable, Sequence
from importlib import import_module

from wt_backend import __version__
from wt_backend.methods import as_backend_error

# command → (module with main(argv), what it does); a module is imported when its command is called
COMMANDS: dict[str, tuple[str, str]] = {
    "trace": ("wt_backend.trace_command", "trace images into .wts layer stacks"),
    "trace-footage": ("wt_backend.footage.cli", "trace a movie or an image sequence into a shot folder"),
    "merge-static": (
        "wt_backend.footage.merge_cli",
        "of a shot from a still camera: background and what moves",
    ),
    "train": ("wt_backend.training.train", "train a model"),
    "sheet": ("wt_backend.training.data.sheet", "draw what the data engine makes"),
    "make-validation": ("wt_backend.training.data.validation", "render the validation set"),
    "evaluate": ("wt_backend.evaluation.evaluate", "measure models against true geometry"),
    "calibrate": ("wt_backend.evaluation.calibrate", "find from which depth on a hidden surface counts"),
    "verify": ("wt_backend.verify", "compare the network with the numeric fixtures"),
    "export": ("wt_backend.geometry.export", "write a stack as PLY, EXR or NPZ"),
    "models": ("wt_backend.models_command", "list, download, check models"),
}
FAILED = 2
INTERRUPTED = 130
UNREAD = 141  # as shells say it of what SIGPIPE ends


def main(argv: Sequence[str] | None = None) -> int:
    """Run a command; errors a person can act on become one sentence and a hint on stderr."""
    arguments = list(sys.argv[1:] if argv is None else argv)
    try:
        name = _parser().parse_args(arguments[:1]).command  # --help, and what is no command, end here
        command: Callable[[Sequence[str]], int | None] = import_module(COMMANDS[name][0]).main
        return command(arguments[1:]) or 0
    except KeyboardInterrupt:
        print("\nStopped.", file=sys.stderr)
        return INTERRUPTED
    except BrokenPipeError:
        if not _is_unread(sys.stdout.fileno()):
            raise  # a pipe of our own
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # for what is still in its buffer
        return UNREAD
    except Exception as error:
        told = as_backend_error(error)
        if told.kind == "internal" and told is not error:
            raise  # a bug: its traceback is what helps
        print(f"Error: {told.message}", file=sys.stderr)
        if told.hint:
            print(f"  {told.hint}", file=sys.stderr)
        return FAILED


def _is_unread(descriptor: int) -> bool:
    """Whether nobody reads what a command prints, as after `| head`."""
    if not hasattr(select, "poll"):  # Windows, where this is another error
        return False
    watch = select.poll()
    watch.register(descriptor, 0)
    return bool(watch.poll(0))


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m wt_backend",
        description="World Tracing: one image in, an ordered stack of surfaces per pixel out.",
    )
    parser.add_argument("--version", action="version", version=__version__)
    commands = parser.add_subparsers(title="commands", required=True, metavar="COMMAND", dest="command")
    for name, (_, text) in COMMANDS.items():
        commands.add_parser(name, help=text, add_help=False)
    return parser
