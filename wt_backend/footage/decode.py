"""Movies, decoded with PyAV (FFmpeg): exact frames on a constant rate, whatever rate the file has.

A packet that cannot be decoded loses the frames that it would have shown, and those only are left out;
the reason is told. Errors belong to the right packet because frame threads are not used.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import av
import cv2
import numpy as np
from av.error import FFmpegError

from wt_backend.footage.clip import Frame, Numbers, Picture, lost
from wt_backend.jobs import Cancel, never
from wt_backend.protocol import BackendError

RATE = 24.0  # where a file does not say
EARLY = 0.1  # of a frame: time stamps are rounded …
ROUNDING = 0.001  # … to a millisecond in Matroska
WITH_ALPHA = {"vp8": "libvpx", "vp9": "libvpx-vp9"}  # FFmpeg's own decoders of these pass over alpha


class Movie:
    """A movie file.

    Parameters
    ----------
    path
    rate
        Frames a second at which it is read; its own where it is not given.
    """

    def __init__(self, path: Path, rate: float | None = None) -> None:
        self.path, self.notes = path, list[str]()
        if path.stat().st_size == 0:
            raise self._bad("is empty (0 bytes)", "Choose another file, or copy it again.")
        with self._open() as container:
            stream = self._video(container)
            own = stream.guessed_rate or stream.average_rate or RATE  # Blender counts frames by the first
            self.own_rate = float(own)
            self.aspect = float(stream.sample_aspect_ratio or 1)  # width of a pixel, in heights
            self.rate = rate or self.own_rate
        if self.aspect != 1:
            self.notes.append(
                f"Its pixels are {self.aspect:.3g} times as wide as high; they were made square first."
            )

    def frames(self, numbers: Sequence[int], cancel: Cancel = never) -> Iterator[Frame]:
        """The given frames, as far as the movie goes; a decoded frame becomes a picture on demand."""
        wanted = Numbers(numbers)
        shown: Any = None  # decoded, and its time
        broken: list[float] = []  # times of packets that were lost since
        end = 0.0
        with self._open() as container:
            for time, frame in self._decoded(container):
                cancel()
                while wanted.current is not None and self._time(wanted.current) < time:
                    yield self._frame(wanted.current, shown, broken)
                    wanted.advance()
                if wanted.current is None:
                    return
                if frame is None:
                    broken.append(time)
                else:
                    shown, broken = frame, []
                end = max(end, time + max(_seconds(frame), 1 / self.own_rate))
            while shown is not None and wanted.current is not None and self._time(wanted.current) < end:
                yield self._frame(wanted.current, shown, broken)
                wanted.advance()

    def _time(self, number: int) -> float:
        """Seconds from the start at which a frame is taken: a little late, by the movie's own frames."""
        return (number - 1) / self.rate + min(EARLY / self.rate, max(EARLY / self.own_rate, ROUNDING))

    def _frame(self, number: int, shown: Any, broken: list[float]) -> Frame:
        if broken or shown is None:
            return lost(number, "its data in the file are damaged")
        return Frame(number, lambda: _picture(shown, self.aspect))

    def _decoded(self, container: Any) -> Iterator[tuple[float, Any]]:
        """(seconds from the start, frame) in the order of display; None for a frame that is damaged."""
        stream = self._video(container)
        stream.thread_type = "SLICE"
        other = _decoder_with_alpha(stream)
        start = None if stream.start_time is None else float(stream.start_time * stream.time_base)
        count = 0
        lost_at: list[float] = []  # damaged packets whose time has not come yet: packets come in coding order
        for packet in self._packets(container, stream):
            try:
                decoded = other.decode(packet if packet.size else None) if other else packet.decode()
            except FFmpegError:
                decoded = []
                if packet.pts is not None:
                    lost_at.append(float(packet.pts * packet.time_base))
            for frame in decoded:
                time = frame.time if frame.time is not None else (start or 0.0) + count / self.own_rate
                start = time if start is None else start
                count += 1
                for early in sorted(t for t in lost_at if t < time):
                    yield early - start, None
                lost_at = [t for t in lost_at if t >= time]
                self._note(frame)
                yield time - start, None if frame.is_corrupt else frame
        for late in sorted(lost_at):
            yield late - (start or 0.0), None

    def _packets(self, container: Any, stream: Any) -> Iterator[Any]:
        """The packets of a stream, as far as its file can be read; the last one, empty, ends the decoder."""
        packets = container.demux(stream)
        while True:
            try:
                packet = next(packets, None)
            except FFmpegError as error:
                self._say(f"{self.path.name} cannot be read to its end ({error.strerror}).")
                packets = iter([_end(stream)])
                continue
            if packet is None:
                return
            yield packet

    def _note(self, frame: Any) -> None:
        if frame.interlaced_frame:
            self._say(
                "The footage is interlaced; moving edges are combed. Deinterlace it first for clean layers."
            )

    def _say(self, note: str) -> None:
        if note not in self.notes:
            self.notes.append(note)

    def _open(self) -> Any:
        try:
            # Absolute: what stands before a colon would be a protocol. Tags of old files are in any encoding.
            return av.open(str(self.path.absolute()), metadata_errors="replace")
        except (FFmpegError, UnicodeEncodeError) as error:
            reason = getattr(error, "strerror", None) or "its name is not valid text"
            raise self._bad(
                f"cannot be read as a movie ({reason})", "Choose another file, or convert it to H.264."
            ) from None

    def _video(self, container: Any) -> Any:
        if not container.streams.video:
            raise self._bad(
                "has no video track, or its end is missing",
                "Choose a movie with pictures; if this is one, copy it again.",
            )
        stream = container.streams.video[0]
        if stream.codec_context is None:
            raise self._bad("has a codec that is not known here", "Convert it, to H.264 for example.")
        return stream

    def _bad(self, what: str, hint: str) -> BackendError:
        return BackendError("bad_image", f"The footage {self.path} {what}.", hint)


def _seconds(frame: Any) -> float:
    """How long a frame is shown, 0 where its file does not say."""
    known = frame is not None and frame.duration and frame.time_base
    return float(frame.duration * frame.time_base) if known else 0.0


def _end(stream: Any) -> Any:
    """The packet at which a decoder gives out what it still holds."""
    packet = av.Packet()
    packet.stream, packet.time_base = stream, stream.time_base
    return packet


def _decoder_with_alpha(stream: Any) -> Any:
    """The decoder of a stream whose container says that it has alpha, where its usual one would lose it."""
    name = WITH_ALPHA.get(stream.codec_context.name, "")
    tags = {key.lower(): value for key, value in stream.metadata.items()}
    if tags.get("alpha_mode") != "1" or name not in av.codecs_available:
        return None
    return av.CodecContext.create(name, "r")


def _picture(frame: Any, aspect: float) -> Picture:
    has_alpha = any(component.is_alpha for component in frame.format.components)
    if has_alpha:
        rgba = frame.to_ndarray(format="rgba")
    else:
        rgb = frame.to_ndarray(format="rgb24")
        rgba = np.dstack([rgb, np.full(rgb.shape[:2], 255, np.uint8)])
    return np.ascontiguousarray(np.rot90(_square_pixels(rgba, aspect), round(frame.rotation / 90) % 4))


def _square_pixels(picture: Picture, aspect: float) -> Picture:
    """A stored picture (H, W, 4) as it is to be shown, stretched along one side so that nothing is lost."""
    if aspect == 1:
        return picture
    height, width = picture.shape[:2]
    size = (round(width * max(aspect, 1.0)), round(height / min(aspect, 1.0)))
    return np.asarray(cv2.resize(picture, size, interpolation=cv2.INTER_LINEAR), np.uint8)
