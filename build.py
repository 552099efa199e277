#!/usr/bin/env python3
"""World Tracing's single entry for people: set up, trace, test, package, measure.

Runs on a bare Python 3.11 (standard library only); every command prepares what it needs.
"""

from __future__ import annotations

import argparse
import sys
import time
from pathlib import Path

if sys.version_info < (3, 11):  # noqa: UP036 - said in a sentence before an import fails without one
    sys.exit(f"build.py needs Python 3.11, this is {sys.version.split()[0]}; run `python3.11 build.py`.")

from devtools import checks, extension, gui, matrix, project, trace
from devtools.environment import setup
from devtools.process import ROOT, VENV_PYTHON, BuildError, run, say

MOST_STEPS = 1000  # as wt_backend.protocol has it
INTERRUPTED = 130  # as shells have it


def main() -> int:
    """Run one command; a failure is a sentence on standard error and exit status 1."""
    arguments = _parser().parse_args()
    start = time.monotonic()
    try:
        setup()
        arguments.command(arguments)
    except BuildError as error:
        sys.stdout.flush()
        print(f"build.py: {error}", file=sys.stderr)
        return error.status
    except OSError as error:  # a folder that cannot be made or written to, a full disk
        sys.stdout.flush()
        print(f"build.py: {arguments.name} stopped: {error}.", file=sys.stderr)
        return BuildError.status
    except KeyboardInterrupt:
        print("\nStopped.", file=sys.stderr)
        return INTERRUPTED
    if not arguments.name.startswith("test"):  # a test run ends with its runner's own summary
        say(f"{arguments.name}: done in {time.monotonic() - start:.1f} s")
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="build.py", description=__doc__.splitlines()[0])
    commands = parser.add_subparsers(dest="name", required=True, metavar="COMMAND")

    command = commands.add_parser("setup", help="make .venv with everything pinned in pyproject.toml")
    command.set_defaults(command=lambda arguments: None)

    command = commands.add_parser("trace", help="trace an image or footage in headless Blender")
    command.add_argument("image", nargs="?", type=Path, help="default: the bundled photographs")
    command.add_argument("--out", type=Path, help="folder of the results (default: out/NAME)")
    command.add_argument("--mode", choices=("auto", "object", "scene"), default="auto")
    command.add_argument("--mask", type=Path, help="picture that is white where the subject is")
    command.add_argument("--seed", type=int, default=42)
    command.add_argument("--steps", type=_steps, help="denoising steps (default: the model's own)")
    command.add_argument("--fit", choices=("crop", "pad", "stretch"), help="default: the model's own")
    command.add_argument("--model", help="a model's name or file (default: the bundled one)")
    command.add_argument("--project", type=Path, metavar="MESH", help="a mesh to texture from the image")
    command.set_defaults(command=_trace)

    command = commands.add_parser("test", help="lint, types and every headless test")
    command.set_defaults(command=_test)

    command = commands.add_parser("lint", help="ruff and mypy only")
    command.set_defaults(command=lambda arguments: checks.lint())

    command = commands.add_parser("package", help="build the extension zip into dist/")
    command.add_argument("--out", type=Path, default=ROOT / "dist")
    command.set_defaults(command=_package)

    command = commands.add_parser(
        "bench", help="measure the model, the making of scenes, the steadiness of footage"
    )
    command.add_argument("subject", choices=("model", "scene", "footage", "projection"))
    command.add_argument(
        "options", nargs=argparse.REMAINDER, help="for the measurement itself, such as --help"
    )
    command.set_defaults(command=_bench)

    command = commands.add_parser("test-gui", help="test the extension in real Blender windows (Linux, root)")
    command.add_argument("--suite", choices=tuple(gui.SUITES), action="append", help="default: all")
    command.add_argument("--scenario", choices=gui.scenario_names(), action="append", help="default: all")
    command.set_defaults(command=_test_gui)

    command = commands.add_parser("test-matrix", help="the headless Blender tests on the zip, per version")
    command.add_argument("--blender", action="append", metavar="VERSION", help="default: all")
    command.set_defaults(command=lambda arguments: matrix.test(arguments.blender or []))
    return parser


def _steps(text: str) -> int:
    if not text.isdecimal() or not 1 <= int(text) <= MOST_STEPS:
        raise argparse.ArgumentTypeError(f"{text} is no number of steps; choose 1 to {MOST_STEPS}.")
    return int(text)


def _trace(arguments: argparse.Namespace) -> None:
    if arguments.project:
        if arguments.image is None:
            raise BuildError("--project needs an image: `python build.py trace IMAGE --project MESH`.")
        if trace.is_footage(arguments.image):
            raise BuildError(
                f"--project takes the photograph of one moment, and {arguments.image} is footage."
            )
        project.check_mesh(arguments.project)
    mask = arguments.mask and arguments.mask.resolve()  # the job runs in the repository's folder
    model = arguments.model
    if model and Path(model).expanduser().is_file():  # else it is a name, or an address
        model = Path(model).expanduser().absolute()  # a link keeps the card beside it
    given = {"mask": mask, "steps": arguments.steps, "fit": arguments.fit, "model": model}
    options = {"mode": arguments.mode, "seed": arguments.seed, **given}
    trace.trace(arguments.image, arguments.out, {k: v for k, v in options.items() if v is not None})
    if arguments.project:
        project.project(arguments.image, arguments.out, arguments.project)


def _test(arguments: argparse.Namespace) -> None:
    checks.test()


def _test_gui(arguments: argparse.Namespace) -> None:
    gui.test(arguments.suite or list(gui.SUITES), arguments.scenario or gui.scenario_names())


def _package(arguments: argparse.Namespace) -> None:
    archive = extension.build_extension(arguments.out.resolve())
    say(f"{archive} ({archive.stat().st_size / 1e6:.1f} MB), accepted by Blender's validator")


def _bench(arguments: argparse.Namespace) -> None:
    command: list[str | Path] = [VENV_PYTHON, "-m", f"bench.{arguments.subject}", *arguments.options]
    run(command, what=f"Measuring the {arguments.subject}", timeout=3600)


if __name__ == "__main__":
    sys.exit(main())
