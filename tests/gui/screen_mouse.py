"""The screen's mouse, moved from outside of Blender: a VNC client that only points.

Blender's own simulated events never leave Blender; what is dragged from another program's window needs the
mouse that all programs share. RFB 3.8 (RFC 6143), no authentication, on the virtual screen's Unix socket.
"""

from __future__ import annotations

import socket
import struct


class ScreenMouse:
    """A pointer over the whole screen, in its pixels from the top left corner."""

    def __init__(self, path: str) -> None:
        self._connection = socket.socket(socket.AF_UNIX)
        self._connection.connect(path)
        self._read(12)  # the server's version
        self._connection.sendall(b"RFB 003.008\n")
        self._read(self._read(1)[0])  # kinds of security, of which "none" is chosen
        self._connection.sendall(b"\x01")
        self._read(4)
        self._connection.sendall(b"\x01")  # others may watch
        self._read(20)
        self._read(struct.unpack(">I", self._read(4))[0])  # the screen's name
        self._buttons = 0
        self.place = (0, 0)

    def move(self, x: int, y: int) -> None:
        """Move it."""
        self.place = (x, y)
        self._tell()

    def press(self) -> None:
        """Left button down."""
        self._buttons = 1
        self._tell()

    def release(self) -> None:
        """Left button up."""
        self._buttons = 0
        self._tell()

    def _tell(self) -> None:
        self._connection.sendall(struct.pack(">BBHH", 5, self._buttons, *self.place))

    def _read(self, count: int) -> bytes:
        data = b""
        while len(data) < count:
            part = self._connection.recv(count - len(data))
            if not part:
                raise ConnectionError("The virtual screen has closed the connection.")
            data += part
        return data
