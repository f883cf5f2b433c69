"""Charts of runs compared over their steps, of the range test, and of schedules."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd

from nnlib.comparison import LEARNED_BELOW, Arm, Band, difference
from nnlib.paired import Difference
from pages.shared.charts import comparison_rates, theme
from pages.shared.charts.bands import median_and_range
from pages.shared.charts.chart import Chart
from pages.shared.charts.curves import drawable, log_ticks
from pages.shared.charts.figure import Figure
from pages.shared.charts.look import STEP

_COLUMNS = 3
_PANEL_HEIGHT = 230


def plot_loss_curves(arms: Sequence[Arm], title: str, name: str = "training-losses") -> Chart:
    """Draw the training loss of each arm over the steps: the median, and the seeds' range."""
    if not arms:
        return Chart(
            theme.empty_figure(title, STEP, comparison_rates.LOSS, comparison_rates.NO_ARMS), name
        )
    figure = theme.new_figure(title, STEP, comparison_rates.LOSS, log_y=True, height=400)
    top = comparison_rates.top_of(arms)
    for i, arm in enumerate(arms):
        figure.add_traces(
            median_and_range(
                arm.losses,
                theme.escape(arm.label),
                theme.CLASS_COLORS[i % len(theme.CLASS_COLORS)],
                "step %{x:,} · loss %{y:.5g}",
                log=True,
                limits=(comparison_rates.SMALLEST_SHOWN, top),
                among=len(arms),
            )
        )
    seen = np.concatenate([comparison_rates.within(arm.losses.ranked, top).ravel() for arm in arms])
    span = np.log10([max(seen.min(), comparison_rates.SMALLEST_SHOWN) * 0.8, seen.max() * 1.25])
    figure.update_layout(legend_traceorder="normal")  # bands would reverse it
    figure.update_yaxes(range=span.tolist(), **log_ticks(seen))
    return Chart(figure, name, lambda: bands_table({a.label: a.losses for a in arms}, arms[0]))


def bands_table(
    bands: Mapping[str, Band], arm: Arm, kind: str = "setting", what: str = "loss"
) -> pd.DataFrame:
    """Return rows ``step, epoch, <kind>, <what>, lowest, highest``: the median and the range.

    Infinite where seeds diverged. `arm` is one of those compared, which says what an epoch is.
    """
    rows = [
        (int(step), int(step) / arm.steps_per_epoch, name, *map(float, numbers))
        for name, band in bands.items()
        for step, *numbers in zip(band.x, band.median, band.low, band.high, strict=True)
    ]
    return pd.DataFrame(rows, columns=["step", "epoch", kind, what, "lowest", "highest"])


def plot_gradient_panels(arms: Sequence[Arm], title: str, name: str = "gradient-norms") -> Chart:
    """Draw the norm of each layer's gradient over the steps, one panel an arm, medians."""
    if not arms:
        return Chart(
            theme.empty_figure(title, STEP, "gradient norm", comparison_rates.NO_ARMS), name
        )
    columns = min(_COLUMNS, len(arms))
    rows = -(-len(arms) // columns)
    figure = theme.new_figure(
        title, STEP, "", log_y=True, height=max(400, 100 + _PANEL_HEIGHT * rows)
    )
    figure.set_subplots(
        rows=rows,
        cols=columns,
        shared_xaxes="all",
        shared_yaxes="all",
        horizontal_spacing=0.03,
        vertical_spacing=0.25 / rows,
        titles=[theme.escape(arm.label) for arm in arms],
    )
    for i, arm in enumerate(arms):
        traces = _layer_lines(arm, named=i == 0)
        figure.add_traces(traces, row=i // columns + 1, col=i % columns + 1)
    figure.update_xaxes(title_text="", tickformat=",")
    figure.update_xaxes(title_text=STEP, row=rows)
    shown = np.concatenate([b.median for arm in arms for b in _layer_bands(arm)])
    figure.update_yaxes(title_text="", **theme.LOG_AXIS, **log_ticks(shown))
    leave_room(figure)
    figure.update_yaxes(title_text="gradient norm", col=1)
    return Chart(figure, name, lambda: _gradients_table(arms))


def _gradients_table(arms: Sequence[Arm]) -> pd.DataFrame:
    parts = []
    for arm in arms:
        layers = dict(zip(arm.layers, _layer_bands(arm), strict=True))
        parts.append(bands_table(layers, arm, "layer", "gradient_norm"))
        parts[-1].insert(2, "setting", arm.label)
    return pd.concat(parts, ignore_index=True)


def leave_room(figure: Figure, share: float = 0.06) -> None:
    """Move panels and their titles down, away from the figure's title, in place.

    The plot gives up the height: a larger margin would be lost in exports.
    """
    for axis in figure.axes("yaxis"):
        domain = [end * (1 - share) for end in figure.layout[axis]["domain"]]
        figure.update_layout({axis: {"domain": domain}})
    titles = [{**title, "y": title["y"] * (1 - share)} for title in figure.layout["annotations"]]
    figure.update_layout(annotations=titles)


def _layer_lines(arm: Arm, *, named: bool) -> list[dict[str, Any]]:
    return [
        {
            "name": layer,
            "legendgroup": layer,
            "showlegend": named,
            "x": band.x,
            "y": drawable(band.median, log=True),
            "mode": "lines",
            "line": {"color": color, "width": 2},
            "hovertemplate": f"<b>{theme.escape(arm.label)}</b>, {layer}<br>step %{{x:,}} · "
            "gradient norm %{y:.4g}<extra></extra>",
        }
        for layer, color, band in zip(
            arm.layers, theme.layer_colors(len(arm.layers)), _layer_bands(arm), strict=True
        )
    ]


def _layer_bands(arm: Arm) -> list[Band]:
    return [arm.band("gradient_norm", i) for i in range(len(arm.layers))]


NOISE_NOTE = (
    "Same seed against same seed. The interval holds the mean difference with 95 % confidence "
    "(Student's t, of losses the mean of their logarithms); a setting whose interval contains *no "
    "difference* is within the noise of the seeds."
)

OUTCOME_NOTE = (
    f"Learned: the training loss of every seed ended at least {1 - LEARNED_BELOW:.0%} below that "
    "of a guess without a look at the inputs. Stalled: that of a seed did not. Diverged: the "
    "numbers of a seed stopped being finite."
)


def difference_text(found: Difference) -> str:
    """Return a paired difference in words, with its interval."""
    if any(found.diverged):
        return "a seed diverged: no interval"
    if found.seeds == 1:
        return "a single seed tells nothing of noise"
    center, low, high = (_amount(v, found.ratio) for v in (found.center, found.low, found.high))
    return f"{center} ({low} to {high}): {found.reading}"


def _amount(value: float, ratio: bool) -> str:
    return (
        f"{theme.plain_number(value)}×" if ratio else "+" * (value > 0) + theme.plain_number(value)
    )


def differences_table(arms: Sequence[Arm], name: str = "train_loss") -> pd.DataFrame:
    """Return one row an arm: its last records, and how they compare with the first arm's.

    Parameters
    ----------
    arms : the first is what the others are compared with
    name : of the series
    """
    first = arms[0]
    return pd.DataFrame(
        {
            "setting": [arm.label for arm in arms],
            "median": [arm.final(name) for arm in arms],
            "lowest": [float(arm.finals(name).min()) for arm in arms],
            "highest": [float(arm.finals(name).max()) for arm in arms],
            "outcome": [arm.outcome for arm in arms],
            "difference": [
                "" if arm is first else difference_text(difference(first, arm, name))
                for arm in arms
            ],
        }
    )
