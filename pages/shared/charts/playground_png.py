"""Tiny pictures of signed maps, as data addresses that a figure can hold."""

from __future__ import annotations

import base64
import struct
import zlib

import numpy as np
from numpy.typing import NDArray

from pages.shared.charts.theme import CLASS_COLORS

_STEPS = 31  # shades of each sign
_NEUTRAL = bytes((229, 232, 238))  # readable as zero on light and dark pages


def _palette() -> bytes:
    """Return the colors of all shades, from the most negative up, three bytes each."""
    negative, positive = (
        bytes(int(color[i : i + 2], 16) for i in (1, 3, 5)) for color in CLASS_COLORS[:2]
    )
    palette = b""
    for shade in range(-_STEPS, _STEPS + 1):
        end, share = negative if shade < 0 else positive, abs(shade) / _STEPS
        palette += bytes(
            round((1 - share) * a + share * b) for a, b in zip(_NEUTRAL, end, strict=True)
        )
    return palette


_PALETTE = _palette()


def signed_picture(values: NDArray[np.floating], largest: float) -> str:
    """Return a map as a PNG: blue below zero, orange above, pale at zero.

    Parameters
    ----------
    values : ndarray of shape (rows, columns)
        The first row is the lowest, as on a chart.
    largest : float
        The size that has the full color; larger values have it too.
    """
    scale = _STEPS / largest if largest > 0 else 0.0
    finite = np.nan_to_num(values[::-1], nan=0.0, posinf=largest, neginf=-largest)
    shades = np.clip(np.rint(finite * scale), -_STEPS, _STEPS) + _STEPS
    return png(shades.astype(np.uint8), _PALETTE)


def png(indices: NDArray[np.uint8], palette: bytes) -> str:
    """Return an image of palette entries, (rows, columns), as a ``data:`` address.

    Parameters
    ----------
    palette : bytes
        Three bytes an entry.
    """
    rows, columns = indices.shape
    # Each row starts with its filter: 0 is none.
    lines = np.hstack([np.zeros((rows, 1), np.uint8), indices]).tobytes()
    parts = (
        (b"IHDR", struct.pack(">2I5B", columns, rows, 8, 3, 0, 0, 0)),
        (b"PLTE", palette),
        (b"IDAT", zlib.compress(lines, 6)),
        (b"IEND", b""),
    )
    content = b"\x89PNG\r\n\x1a\n" + b"".join(_chunk(kind, data) for kind, data in parts)
    return "data:image/png;base64," + base64.b64encode(content).decode()


def _chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
