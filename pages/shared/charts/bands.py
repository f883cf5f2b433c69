"""Bands: the region between two lines, and a median with the range of the seeds around it."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from nnlib.comparison import Band
from pages.shared.charts.curves import drawable
from pages.shared.charts.theme import faded

_FEW = 3
_OPACITY, _OPACITY_OF_MANY = 0.18, 0.07


def fill_between(
    x: NDArray[Any],
    low: NDArray[Any],
    high: NDArray[Any],
    color: str,
    *,
    log: bool = False,
    name: str = "",
    group: str = "",
    among: int = 1,
) -> list[dict[str, Any]]:
    """Return the two traces of a filled region; the legend lists it where it has a name.

    Parameters
    ----------
    x, low, high : ndarray of shape (points,)
    color : of the line that the region belongs to; the region is fainter
    log : whether the y axis is logarithmic
    name : in the legend
    group : the legend's group whose line hides the region as well
    among : how many regions lie over one another in the chart; many are fainter
    """
    fill = faded(color, _OPACITY if among <= _FEW else _OPACITY_OF_MANY)
    edge = {
        "x": x,
        "mode": "lines",
        "line": {"width": 0, "color": color},
        "hoverinfo": "skip",
        "legendgroup": group or name,
    }
    filled = {"fill": "tonexty", "fillcolor": fill, "name": name, "showlegend": bool(name)}
    return [
        edge | {"y": drawable(low, log=log), "showlegend": False},
        edge | {"y": drawable(high, log=log)} | filled,
    ]


def median_and_range(
    band: Band,
    name: str,
    color: str,
    hover: str,
    *,
    log: bool = False,
    limits: tuple[float, float] = (-np.inf, np.inf),
    among: int = 1,
    ends: bool = False,
    of: str = "seeds",
    **settings: Any,
) -> list[dict[str, Any]]:
    """Return the median over the seeds as a line, with their range behind it.

    Parameters
    ----------
    name, color : of the line; pass text from a person through `escape`
    hover : template of the hover below the name
    log, among : as in `fill_between`
    limits : what lies outside, such as a seed that diverged, is drawn at them
    ends : whether the line ends, instead, where the median is not finite
    of : what the range is of, on hover
    **settings : further settings of the line's trace
    """
    middle = np.where(np.isfinite(band.median) | (not ends), band.median, np.nan)
    line = {
        "name": name,
        "legendgroup": name,
        "x": band.x,
        "y": drawable(np.clip(middle, *limits), log=log),
        "mode": "lines",
        "line": {"color": color, "width": 2},
        "hovertemplate": f"<b>{name}</b><br>{hover}<extra></extra>",
    } | settings
    if band.values.shape[1] == 1:
        return [line]
    line |= {"customdata": np.stack([band.low, band.high], axis=1)}
    low, high = np.clip(band.low, *limits), np.clip(band.high, *limits)
    line["hovertemplate"] = line["hovertemplate"].replace(
        "<extra>", f"<br>{of} from %{{customdata[0]:.4g}} to %{{customdata[1]:.4g}}<extra>"
    )
    return [*fill_between(band.x, low, high, color, log=log, group=name, among=among), line]
