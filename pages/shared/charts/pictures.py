"""Maps as pictures: data addresses that a figure can hold, or that take the place of its image."""

import base64
import functools
import re
import struct
import zlib
from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pages.shared.charts.theme import CLASS_COLORS

_STEPS = 31  # shades of each sign
_SHADES = 255  # of a color scale, and one
_NEUTRAL = bytes((128, 136, 150, 38))  # nearly clear, as `theme.DIVERGING` is at zero


def _palette() -> bytes:
    """Return the colors of all shades, from the most negative up: red, green, blue, opacity."""
    negative, positive = (
        bytes(int(f"{color}ff"[i : i + 2], 16) for i in (1, 3, 5, 7)) for color in CLASS_COLORS[:2]
    )
    palette = b""
    for shade in range(-_STEPS, _STEPS + 1):
        end, share = negative if shade < 0 else positive, abs(shade) / _STEPS
        palette += bytes(
            round((1 - share) * a + share * b) for a, b in zip(_NEUTRAL, end, strict=True)
        )
    return palette


_PALETTE = _palette() + bytes(4)
CLEAR = 2 * _STEPS + 1
"""The shade of a signed picture that is not there."""


def signed_shades(values: NDArray[np.floating], largest: NDArray[np.floating]) -> NDArray[np.uint8]:
    """Return maps as shades: blue below zero, orange above, at zero nearly the page itself.

    Parameters
    ----------
    values : shape (maps, rows, columns); the first row is the lowest, as on a chart
    largest : shape (maps,), the sizes that have the full color; larger values have it too

    Returns
    -------
    array
        Of the same shape, the first row the highest, as in a picture.
    """
    size = largest[:, np.newaxis, np.newaxis]
    share = np.clip(np.nan_to_num(values[:, ::-1]), -size, size) / np.where(size > 0, size, 1)
    shades: NDArray[np.uint8] = (np.rint(_STEPS * share) + _STEPS).astype(np.uint8)
    return shades


def signed_picture(shades: NDArray[np.uint8]) -> str:
    """Return shades of `signed_shades`, and what is `CLEAR`, as a PNG."""
    return png(shades, _PALETTE, up=True)


def heat_picture(trace: Mapping[str, Any], axis: Mapping[str, Any] | None = None) -> str:
    """Return the map of a heat map or contour trace as a PNG, a pixel a number.

    Parameters
    ----------
    axis : the color axis, where the trace is drawn by one
    """
    low, high = (trace["zmin"], trace["zmax"]) if axis is None else (axis["cmin"], axis["cmax"])
    scale = (trace if axis is None else axis)["colorscale"]
    share = (np.asarray(trace["z"])[::-1] - low) / (high - low)
    shades = np.rint(_SHADES * np.clip(np.nan_to_num(share), 0, 1))
    return png(shades.astype(np.uint8), _shades(tuple(map(tuple, scale))))


@functools.lru_cache(64)
def _shades(scale: tuple[tuple[float, str], ...]) -> bytes:
    """Return the colors of a scale as a palette, between its own ones by straight lines."""
    places = [place for place, _ in scale]
    channels = zip(*(_channels(color) for _, color in scale), strict=True)
    at = np.arange(_SHADES + 1) / _SHADES
    palette = np.stack([np.interp(at, places, channel) for channel in channels], axis=1)
    return bytes(np.rint(palette).astype(np.uint8))


def _channels(color: str) -> tuple[float, float, float, float]:
    """Return red, green, blue and opacity, up to 255 each, of ``#rrggbb`` or ``rgba(…)``."""
    if color.startswith("#"):
        red, green, blue = (float(int(color[i : i + 2], 16)) for i in (1, 3, 5))
        return red, green, blue, 255.0
    red, green, blue, *rest = (float(number) for number in re.findall(r"[\d.]+", color))
    return red, green, blue, 255 * rest[0] if rest else 255.0


def png(indices: NDArray[np.uint8], palette: bytes, *, up: bool = False) -> str:
    """Return an image of palette entries, (rows, columns), as a ``data:`` address.

    Parameters
    ----------
    palette : four bytes an entry: red, green, blue, opacity
    up : whether each row tells how it differs from the one above, PNG's filter of that name, by
        which many small maps take a fifth less
    """
    rows, columns = indices.shape
    # Each row starts with its filter: 0 is none, 2 is Up.
    above = np.vstack([np.zeros((1, columns), np.uint8), indices[:-1]])
    lines = np.hstack([np.full((rows, 1), 2 * up, np.uint8), indices - above * up]).tobytes()
    parts = (
        (b"IHDR", struct.pack(">2I5B", columns, rows, 8, 3, 0, 0, 0)),
        (b"PLTE", b"".join(palette[i : i + 3] for i in range(0, len(palette), 4))),
        (b"tRNS", palette[3::4]),
        (b"IDAT", zlib.compress(lines, 6)),
        (b"IEND", b""),
    )
    content = b"\x89PNG\r\n\x1a\n" + b"".join(_chunk(kind, data) for kind, data in parts)
    return "data:image/png;base64," + base64.b64encode(content).decode()


def _chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
