"""Charts of the Luck page: what became of the seeds, where they ended, and their way."""

from typing import Any

import numpy as np
import pandas as pd

from nnlib.labs.luck import FATES, Fate, Luck
from pages.shared.charts import theme
from pages.shared.charts.chart import Chart
from pages.shared.charts.comparison_rates import LOSS, SMALLEST_SHOWN, top_of, within
from pages.shared.charts.curves import drawable, log_ticks
from pages.shared.charts.figure import Figure
from pages.shared.charts.look import STEP

COLORS: dict[Fate, str] = dict(
    zip(FATES, (theme.CLASS_COLORS[i] for i in (2, 1, 8, 3)), strict=True)
)
_MOST_POINTS = 100  # of a curve; there may be hundreds


def plot_shares(luck: Luck) -> Chart:
    """Draw the share of each fate with its interval."""
    shares = [luck.share(fate) for fate in FATES]
    figure = theme.new_figure("What became of the seeds", "", "share of the seeds")
    figure.add_bar(
        x=list(FATES),
        y=[s.share for s in shares],
        marker_color=[COLORS[fate] for fate in FATES],
        error_y={
            "type": "data",
            "symmetric": False,
            "color": theme.CLASS_COLORS[9],
            "array": [s.high - s.share for s in shares],
            "arrayminus": [s.share - s.low for s in shares],
        },
        customdata=[(s.count, s.low, s.high) for s in shares],
        hovertemplate="<b>%{x}</b>: %{customdata[0]} seeds, %{y:.1%}<br>95 % interval "
        "%{customdata[1]:.1%} to %{customdata[2]:.1%}<extra></extra>",
        showlegend=False,
    )
    figure.update_yaxes(range=[0, 1.02], tickformat=".0%")
    return Chart(figure, "fates", lambda: shares_table(luck))


def shares_table(luck: Luck) -> pd.DataFrame:
    """Return one row a fate: count, share and interval."""
    return pd.DataFrame(
        [(fate, *(getattr(luck.share(fate), n) for n in ("count", "share", "low", "high")))
         for fate in FATES],
        columns=["fate", "seeds", "share", "low", "high"],
    )  # fmt: skip


def plot_ends(luck: Luck) -> Chart:
    """Draw the last training loss of every seed, from the best to the worst."""
    top = top_of([luck.arm])
    ends = within(np.where(luck.arm.diverged, np.inf, luck.arm.finals()), top)
    rank = np.argsort(np.argsort(ends, kind="stable"), kind="stable") + 1
    figure = theme.new_figure(
        "Last training loss, best to worst", "rank of the seed", LOSS, log_y=True
    )
    for fate in FATES:
        its = np.array([each == fate for each in luck.fates])
        if its.any():
            figure.add_trace(_ends_of(fate, rank[its], ends[its], np.array(luck.seeds)[its]))
    _add_guess(figure, luck, float(len(ends)))
    figure.update_yaxes(**log_ticks(ends))
    return Chart(figure, "last-losses", lambda: seeds_table(luck))


def _ends_of(fate: Fate, rank: Any, ends: Any, seeds: Any) -> dict[str, Any]:
    return {
        "type": "scatter",
        "mode": "markers",
        "name": fate,
        "x": rank,
        "y": drawable(ends, log=True),
        "customdata": seeds,
        "marker": {"color": COLORS[fate], "size": 7},
        "hovertemplate": f"seed %{{customdata}}: <b>{fate}</b><br>training loss %{{y:.5g}}"
        "<extra></extra>",
    }


def _add_guess(figure: Figure, luck: Luck, end: float) -> None:
    figure.add_scatter(
        x=[0, end],
        y=[luck.arm.guess] * 2,
        mode="lines",
        name="the best guess",
        line={"color": theme.BATCH, "width": 1.5, "dash": "dash"},
        hovertemplate="<b>the best prediction that is the same for all</b>: %{y:.5g}"
        "<extra></extra>",
    )


def seeds_table(luck: Luck) -> pd.DataFrame:
    """Return one row a seed: what became of it, and its last losses."""
    return pd.DataFrame(
        {
            "seed": list(luck.seeds),
            "fate": list(luck.fates),
            "train_loss": luck.arm.finals("train_loss"),
            "val_loss": luck.arm.finals("val_loss"),
        }
    )


def plot_ways(luck: Luck) -> Chart:
    """Draw the training loss of every seed over the steps."""
    band = luck.arm.losses
    top = top_of([luck.arm])
    kept = np.unique(np.linspace(0, len(band.x) - 1, _MOST_POINTS).round().astype(int))
    figure = theme.new_figure("Their way: training loss of every seed", STEP, LOSS, log_y=True)
    for fate in sorted(FATES, key=luck.fates.count, reverse=True):
        its = [i for i, each in enumerate(luck.fates) if each == fate]
        figure.add_traces(
            [
                {
                    "type": "scatter",
                    "mode": "lines",
                    "name": fate,
                    "legendgroup": fate,
                    "showlegend": i == its[0],
                    "x": band.x[kept],
                    "y": drawable(within(band.values[kept, i], top), log=True),
                    "line": {"color": theme.faded(COLORS[fate], 0.5), "width": 1},
                    "hovertemplate": f"seed {luck.seeds[i]}: <b>{fate}</b><br>step %{{x:,}} · "
                    "loss %{y:.5g}<extra></extra>",
                }
                for i in its
            ]
        )
    _add_guess(figure, luck, float(band.x[-1]))
    shown = within(band.values, top)
    figure.update_yaxes(**log_ticks(shown[np.isfinite(shown) & (shown > SMALLEST_SHOWN)]))
    return Chart(figure, "ways", lambda: _ways_table(luck))


def _ways_table(luck: Luck) -> pd.DataFrame:
    band = luck.arm.losses
    return pd.DataFrame(
        [
            (step, seed, fate, value)
            for step, row in zip(band.x.tolist(), band.values.tolist(), strict=True)
            for seed, fate, value in zip(luck.seeds, luck.fates, row, strict=True)
        ],
        columns=["step", "seed", "fate", "train_loss"],
    )
