"""Steps and examples to a loss: the map over batch sizes and rates, and the fitted trade-off."""

import numpy as np
import streamlit as st

from nnlib.noise import Fit, TradeOff, measure_trade_off, noise_of_run
from pages.shared.batch_size import charts_map as charts
from pages.shared.batch_size.controls import Grid, Settings
from pages.shared.charts.theme import plain_number
from pages.shared.export import show_chart
from pages.shared.results import about, computed
from pages.shared.rows import Tile, show_metrics, show_row
from pages.shared.run_view import number_or_dash


def show_map(settings: Settings, grid: Grid) -> None:
    """Train at every batch size and rate, and draw what each needed."""
    training = settings.experiment.training
    found = computed(
        "batch_size_map",
        (settings.key, grid),
        lambda tell: measure_trade_off(
            settings.experiment,
            settings.data,
            grid.sizes,
            grid.rates,
            settings.seeds,
            settings.target,
            most_epochs=training.epochs,
            most_steps=grid.most_steps,
            progress=tell,
        ),
        ask=about(grid.seconds(settings)),
        begin="Train them",
    )
    if found is None:
        return
    fit = _fit(found)
    if fit is not None:
        _show_fit(found, fit, _noise_tile(settings, grid, found, fit))
    show_row("batch_maps", steps_map=charts.plot_map(found, "steps"),
             examples_map=charts.plot_map(found, "examples"))  # fmt: skip
    st.caption(
        "Medians over the seeds; a cell without a color is one where half of the seeds or more did "
        "not reach the loss: they diverged, stalled, or needed longer. Steps are counted between "
        "evaluations, which are at the ends of epochs or closer, by a straight line through the "
        "logarithm of the loss."
    )
    show_chart(charts.plot_trade_off(found, fit), "trade_off")
    _show_table(found, fit)


def _fit(found: TradeOff) -> Fit | None:
    try:
        return found.fit()
    except ValueError as error:
        st.info(str(error), icon=":material/info:")
        return None


def _noise_tile(settings: Settings, grid: Grid, found: TradeOff, fit: Fit) -> list[Tile]:
    """Return what the noise of one run predicts for the corner, of the batch size next to it."""
    reached = found.reached
    sizes = np.array(found.batch_sizes)[reached]
    nearest = int(np.abs(np.log(sizes / fit.critical)).argmin())
    size, rate = int(sizes[nearest]), found.rates[found.best[reached][nearest]]
    epochs = -(-found.limits[reached[nearest]] * size // len(settings.data.features("train")))
    run = settings.experiment.with_training(batch_size=size, learning_rate=rate, epochs=epochs)
    measured = computed(
        "batch_size_map_noise",
        (settings.key, grid),
        lambda tell: noise_of_run(run, settings.data, settings.target, tell),
        doing="Measuring …",
    )
    if measured is None:
        return []
    return [
        Tile(
            "By the noise scale",
            number_or_dash(measured[0], "{:,.0f}"),
            f"of a run with {size:,}",
            "What E_min / S_min should be by theory: the noise scale of the first seed's run with "
            f"a batch of {size:,} at its best rate up to the loss, each step weighted by its "
            "progress. It takes the curvature to be the same in all directions.",
        )
    ]


def _show_fit(found: TradeOff, fit: Fit, predicted: list[Tile]) -> None:
    seeds = found.seed_fits()
    least_steps = [one.least_steps for one in seeds]
    least_examples = [one.least_examples for one in seeds]
    critical = [one.critical for one in seeds]
    show_metrics(
        "trade_off_numbers",
        [
            Tile("S_min, in steps", f"{fit.least_steps:,.1f}", _range(least_steps),
                 "What the fitted curve comes to with ever larger batches."),
            Tile("E_min, in examples", f"{fit.least_examples:,.0f}", _range(least_examples),
                 "What the fitted curve comes to with ever smaller batches."),
            Tile("E_min / S_min", f"{fit.critical:,.0f}", _range(critical),
                 "The critical batch size: with it a run needs twice the least steps and twice the "
                 "least examples."),
            *predicted,
            Tile("Largest miss", f"{plain_number(fit.worst, 3)}×", "of a point",
                 "The largest factor between the steps measured and those of the fitted curve at "
                 "the same batch size."),
        ],
    )  # fmt: skip
    for sentence in _doubts(found, fit):
        st.warning(sentence, icon=":material/warning:")


def _range(values: list[float]) -> str:
    if len(values) < 2:
        return "one seed" if values else "no seed reaches it everywhere"
    return f"seeds: {min(values):,.0f} to {max(values):,.0f}"


def _doubts(found: TradeOff, fit: Fit) -> list[str]:
    """Return what a person should know of this fit before believing it."""
    doubts = []
    best = found.best[found.reached]
    for edge, name in ((0, "lowest"), (len(found.rates) - 1, "highest")):
        sizes = np.array(found.batch_sizes)[found.reached][best == edge]
        if len(sizes):
            doubts.append(
                f"With a batch of {', '.join(f'{s:,}' for s in sizes)} the best rate is the {name} "
                "that was tried: a wider range may need fewer steps there."
            )
    if not fit.is_between:
        doubts.append(
            f"The critical batch size, {fit.critical:,.0f}, lies outside of the sizes measured: "
            "one of the two limits is guessed far from every point."
        )
    if len(found.reached) < len(found.batch_sizes):
        left = ", ".join(f"{size:,}" for size in np.array(found.batch_sizes)[found.best < 0])
        doubts.append(
            f"Most seeds do not reach the loss with a batch of {left}: longer runs or other rates "
            "may."
        )
    return doubts


def _show_table(found: TradeOff, fit: Fit | None) -> None:
    number = st.column_config.NumberColumn
    st.dataframe(
        charts.trade_off_table(found, fit),
        hide_index=True,
        column_config={
            "batch_size": number("Batch size", format="%d"),
            "learning_rate": number("Best rate", format="%.3g"),
            "steps": number("Steps, median", format="%.0f"),
            "fewest": number("Fewest", format="%.0f"),
            "most": number("Most", format="%.0f"),
            "examples": number("Examples, median", format="%.0f"),
            "curve": number("Steps by the curve", format="%.0f"),
            "off": number("Measured by fitted", format="%.2f",
                          help="1 is on the curve; the fit misses the others by this factor."),
        },
    )  # fmt: skip
