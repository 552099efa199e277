"""Footage made on the fly, with real codecs: frame n of every clip is a ball whose place tells n."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from fractions import Fraction
from itertools import islice
from pathlib import Path
from typing import Any

import av
import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

SIZE = (96, 64)  # (width, height)


def ball(number: int, size: tuple[int, int] = SIZE) -> NDArray[np.uint8]:
    """Picture of frame n (from 1): a shaded ball on white that moves to the right, (H, W, 3)."""
    width, height = size
    y, x = np.mgrid[:height, :width]
    inside = (x - 24 - 4 * number) ** 2 + (y - height / 2) ** 2 < (height / 4) ** 2
    image = np.full((height, width, 3), 250, np.uint8)
    image[inside] = np.stack([40 + x, 60 + y, 90 + 0 * x], -1)[inside].clip(0, 200)
    return image


def place(picture: NDArray[np.uint8]) -> float:
    """The frame number that a picture shows, by where its ball is."""
    dark = (picture[..., :3] < 225).any(axis=-1)
    columns = np.nonzero(dark)[1]
    return float((columns.min() + columns.max()) / 2 - 24) / 4


MakeMovie = Callable[..., Path]
MakeSequence = Callable[..., Path]


@pytest.fixture
def movie(tmp_path: Path) -> MakeMovie:
    """Write a movie file."""

    def make(
        name: str = "clip.mp4",
        codec: str = "libx264",
        pix_fmt: str = "yuv420p",
        frames: int = 8,
        rate: int = 24,
        times: Sequence[int] | None = None,
        rotation: int = 0,
        aspect: Fraction | None = None,
        picture: Callable[[int], NDArray[np.uint8]] = ball,
        options: dict[str, str] | None = None,
        title: str = "",
    ) -> Path:
        path = tmp_path / name
        with av.open(str(path), "w") as container:
            container.metadata["title"] = title
            stream = container.add_stream(codec, rate=rate, options=options or {})
            height, width, channels = picture(1).shape
            stream.width, stream.height, stream.pix_fmt = width, height, pix_fmt
            stream.thread_count = 1
            if aspect:
                stream.codec_context.sample_aspect_ratio = aspect
            if rotation:
                stream.set_display_rotation(rotation)
            for index in range(frames):
                layout = "rgb24" if channels == 3 else "rgba"
                frame = av.VideoFrame.from_ndarray(picture(index + 1), format=layout)
                frame.time_base = Fraction(1, rate)
                frame.pts = index if times is None else times[index]
                container.mux(stream.encode(frame))
            container.mux(stream.encode())
        return path

    return make


@pytest.fixture
def sequence(tmp_path: Path) -> MakeSequence:
    """Write an image sequence and return one of its files."""

    def make(
        numbers: Sequence[int] = range(1, 9),
        name: str = "shot_{:04}.png",
        sizes: dict[int, tuple] | None = None,
    ) -> Path:
        folder = tmp_path / "frames"
        folder.mkdir(exist_ok=True)
        for order, number in enumerate(numbers):
            picture = ball(number - numbers[0] + 1, (sizes or {}).get(order, SIZE))
            path = folder / name.format(number)
            if path.suffix == ".exr":
                import OpenImageIO as oiio

                linear = (picture / 255.0) ** 2.2
                buffer = oiio.ImageBuf(linear.astype(np.float32))
                assert buffer.write(str(path))
            else:
                path.write_bytes(cv2.imencode(path.suffix, picture[..., ::-1])[1].tobytes())
        return folder / name.format(numbers[0])

    return make


class CutOff:
    """A movie whose reader fails after some packets."""

    def __init__(self, container: Any, packets: int) -> None:
        self.container, self.packets = container, packets

    def __getattr__(self, name: str) -> Any:
        return getattr(self.container, name)

    def __enter__(self) -> CutOff:
        return self

    def __exit__(self, *_reason: object) -> None:
        self.container.close()

    def demux(self, stream: Any) -> Iterator[Any]:
        yield from islice(self.container.demux(stream), self.packets)
        raise av.error.InvalidDataError(1, "Invalid data")
