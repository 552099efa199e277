"""`python -m wt_backend COMMAND`: trace an image without Blender, and one door to the other commands."""

from __future__ import annotations

import argparse
import os
import select
import sys
from collections.abc import Callable, Sequence
from importlib import import_module
from pathlib import Path

from wt_backend import __version__
from wt_backend.jobs import Cancellation, Reporter
from wt_backend.methods import as_backend_error
from wt_backend.protocol import FITS, MODES, TraceRequest, TraceResult
from wt_backend.terminal import Stages

# command → (module with main(argv), what it does); a module is imported when its command is called
COMMANDS: dict[str, tuple[str, str]] = {
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
        if arguments and arguments[0] in COMMANDS:
            command: Callable[[Sequence[str]], int | None] = import_module(COMMANDS[arguments[0]][0]).main
            return command(arguments[1:]) or 0
        return _trace(_parser().parse_args(arguments))
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
    commands = parser.add_subparsers(title="commands", required=True, metavar="COMMAND")
    trace = commands.add_parser("trace", help="trace one image into a .wts layer stack")
    trace.add_argument("image", type=Path)
    trace.add_argument("--out", type=Path, required=True, help="the .wts file to write")
    trace.add_argument("--mode", choices=MODES, default="auto")
    trace.add_argument("--mask", type=Path, help="image whose white is the subject")
    trace.add_argument("--fit", choices=FITS, help="how a scene becomes a square (default: the model's own)")
    trace.add_argument("--model", default=TraceRequest.model, help="name or file (default: %(default)s)")
    trace.add_argument("--seed", type=int, default=TraceRequest.seed, help="(default: %(default)s)")
    trace.add_argument("--steps", type=int, help="denoising steps (default: the model's own)")
    trace.add_argument("--device", help="cpu, cuda:0 … (default: the best there is)")
    for name, (_, text) in COMMANDS.items():
        commands.add_parser(name, help=text, add_help=False)
    return parser


def _trace(options: argparse.Namespace) -> int:
    request = TraceRequest(
        image=str(options.image),
        output=str(options.out),
        mask=str(options.mask) if options.mask else None,
        mode=options.mode,
        fit=options.fit,
        model=options.model,
        seed=options.seed,
        steps=options.steps,
        device=options.device,
    )
    from wt_backend.pipeline import trace_to_file

    stages = Stages()
    result = trace_to_file(request, Reporter(stages), Cancellation())
    stages.close()
    _print_result(result)
    return 0


def _print_result(result: TraceResult) -> None:
    for warning in result.warnings:
        print(f"Note: {warning}")
    print(
        f"{result.stack}: {result.layers} layers, {result.points:,} points "
        f"({result.mode} mode) in {result.seconds:.1f} s"
    )
