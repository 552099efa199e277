"""`python -m wt_backend trace`: images into layer stacks."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterable, Sequence
from dataclasses import replace
from pathlib import Path

from wt_backend.footage.numbering import SUFFIXES
from wt_backend.jobs import Cancellation, Reporter
from wt_backend.methods import as_backend_error
from wt_backend.protocol import FITS, MODES, BackendError, TraceRequest, TraceResult
from wt_backend.terminal import Stages

FAILED = 2


def main(argv: Sequence[str]) -> int:
    """Run the command: one image into a file, or several, or folders of them, into a folder."""
    options = _parser().parse_args(argv)
    request = TraceRequest(
        image=str(options.image[0]),
        output=str(options.out),
        mask=str(options.mask) if options.mask else None,
        mode=options.mode,
        fit=options.fit,
        model=options.model,
        seed=options.seed,
        steps=options.steps,
        device=options.device,
    )
    if len(options.image) == 1 and not options.image[0].is_dir():
        _trace(request)
        return 0
    if options.mask:
        raise BackendError(
            "bad_mask", "--mask goes with one image.", "Give several images their masks as alpha channels."
        )
    if options.out.suffix == ".wts":
        raise BackendError("bad_request", f"{options.out} is one file.", "Name a folder for several images.")
    return _trace_all(request, list(_images(options.image)), options.out)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m wt_backend trace", description=__doc__)
    parser.add_argument("image", type=Path, nargs="+", help="an image; of several, folders too")
    parser.add_argument(
        "--out",
        type=Path,
        required=True,
        help="the .wts file to write; for several images a folder, in which stacks that are there stay",
    )
    parser.add_argument("--mode", choices=MODES, default="auto")
    parser.add_argument("--mask", type=Path, help="image whose white is the subject")
    parser.add_argument("--fit", choices=FITS, help="how a scene becomes a square (default: the model's own)")
    parser.add_argument("--model", default=TraceRequest.model, help="name or file (default: %(default)s)")
    parser.add_argument("--seed", type=int, default=TraceRequest.seed, help="(default: %(default)s)")
    parser.add_argument("--steps", type=int, help="denoising steps (default: the model's own)")
    parser.add_argument("--device", help="cpu, cuda:0 … (default: the best there is)")
    return parser


def _images(paths: Iterable[Path]) -> Iterable[Path]:
    """The images that are named, and those in folders that are."""
    for path in paths:
        if not path.is_dir():
            yield path
            continue
        shown = (file for file in path.iterdir() if not file.name.startswith("."))
        found = sorted(file for file in shown if file.suffix.lower() in SUFFIXES)
        if not found:
            raise BackendError("bad_image", f"There are no images in {path}.", "Choose another folder.")
        yield from found


def _trace_all(request: TraceRequest, images: list[Path], folder: Path) -> int:
    """Trace one after the other; what fails is named, and the others are traced."""
    failed = 0
    for number, (image, output) in enumerate(zip(images, _outputs(images, folder), strict=True), 1):
        print(f"{image} ({number} of {len(images)})", flush=True)
        if output.exists():
            print(f"{output} is there already, and stays.")
            continue
        try:
            _trace(replace(request, image=str(image), output=str(output)))
        except Exception as error:
            told = as_backend_error(error)
            if told.kind == "internal" and told is not error:
                raise  # a bug: its traceback is what helps
            failed += 1
            print(f"Error: {told.message} {told.hint}".rstrip(), file=sys.stderr)
    if failed:
        print(f"{failed} of {len(images)} images could not be traced.", file=sys.stderr)
    return FAILED if failed else 0


def _outputs(images: list[Path], folder: Path) -> list[Path]:
    """A stack for each image; of those of one name but for the suffix, the suffix tells which is which."""
    stems = [image.stem for image in images]
    names = [image.stem if stems.count(image.stem) == 1 else image.name for image in images]
    if twice := next((name for name in names if names.count(name) > 1), None):
        raise BackendError(
            "bad_request", f"Two images are called {twice}.", "Trace their folders one by one, into one each."
        )
    return [folder / f"{name}.wts" for name in names]


def _trace(request: TraceRequest) -> None:
    from wt_backend.pipeline import trace_to_file

    stages = Stages()
    result = trace_to_file(request, Reporter(stages), Cancellation())
    stages.close()
    _print_result(result)


def _print_result(result: TraceResult) -> None:
    for warning in result.warnings:
        print(f"Note: {warning}")
    print(
        f"{result.stack}: {result.layers} layers, {result.points:,} points "
        f"({result.mode} mode) in {result.seconds:.1f} s"
    )
