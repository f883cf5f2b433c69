"""What the Gradient descent page shows: a descent on one variable, a race, the bowl's theory."""

import math

import numpy as np
import streamlit as st

from nnlib.labs import quadratics
from nnlib.labs.descent import Descent, descend
from nnlib.labs.surfaces import Objective
from pages.shared.charts.numbers import latex_number, plain_number
from pages.shared.descent import charts, charts_race
from pages.shared.descent.charts_relief import plot_surface
from pages.shared.descent.charts_surface import plot_contour
from pages.shared.descent.controls import DescentSettings, RaceSettings, remember_click
from pages.shared.export import show_chart
from pages.shared.layout import wrapping_columns
from pages.shared.rows import Tile, show_metrics, show_row


def show_descent(settings: DescentSettings) -> None:
    """Run plain gradient descent on one variable and draw it."""
    curve = settings.curve
    run = descend(
        curve,
        (settings.start,),
        settings.learning_rate,
        tolerance=settings.tolerance,
        measure=settings.measure,
        max_steps=settings.max_steps,
        noise=settings.noise,
        rng=np.random.default_rng(settings.seed),
    )
    _descent_metrics(run)
    st.markdown(_descent_sentence(settings, run))
    show_row(
        "descent",
        path=charts.plot_path(curve, run),
        progress=charts.plot_progress(curve, run, settings.tolerance),
    )


_REASONS = {"converged": "Converged", "step limit": "Step limit", "diverged": "Diverged"}


def _descent_metrics(run: Descent) -> None:
    tiles = (
        Tile("Stopped because", _REASONS[run.outcome]),
        Tile("Step", f"{run.steps:,}"),
        Tile("x", plain_number(float(run.points[-1, 0]), 4)),
        Tile("f(x)", plain_number(float(run.values[-1]), 5)),
        Tile("|slope|", plain_number(float(run.gradient_norms[-1]), 3)),
    )
    show_metrics("descent_metrics", tiles)


def _descent_sentence(settings: DescentSettings, run: Descent) -> str:
    """Return why the run stopped, and what theory says of this function."""
    reason = {
        "converged": f"It **converged**: at step {run.steps:,} the {run.measure} was within the "
        "tolerance.",
        "step limit": f"It reached the **step limit** of {run.steps:,} steps, with the "
        f"{run.measure} still above the tolerance.",
        "diverged": f"It **diverged**: at step {run.steps:,} $x$ was beyond a million. A smaller "
        "learning rate helps.",
    }[run.outcome]
    return f"${settings.curve.formula}$. {reason} {_theory_sentence(settings, run)}"


def _theory_sentence(settings: DescentSettings, run: Descent) -> str:
    name, rate = settings.curve.name, settings.learning_rate
    if name == "parabola":
        return (
            rf"Here every step multiplies $x$ by $1 - 2\eta = {latex_number(1 - 2 * rate, 4)}$, so "
            r"it converges for $0 < \eta < 1$, in a single step for $\eta = 1/2$."
        )
    if name == "double_well":
        return (
            r"The lower minimum is near $x = -1.473$, the higher one near $x = 1.347$; which of "
            "them a run finds depends on start and learning rate."
        )
    if name == "absolute":
        return (
            rf"The slope is $\pm 1$ everywhere but at 0, so every step has the length $\eta = "
            rf"{latex_number(rate, 4)}$: near the minimum the path jumps to and fro instead of "
            "settling, unless it hits 0 exactly or a step of that length is within the tolerance."
        )
    return _noise_sentence(settings, run)


def _noise_sentence(settings: DescentSettings, run: Descent) -> str:
    start = (
        "Random noise on the gradient stands in for what drawing **minibatches** does in training, "
        "though here it is equally strong everywhere. "
    )
    (curvature,) = settings.curve.eigenvalues or (math.nan,)
    deviation = quadratics.stationary_deviation(curvature, settings.learning_rate, settings.noise)
    if deviation is None:
        return start + r"From $\eta = 1$ on the path does not settle around the minimum at all."
    found = quadratics.late_deviation(settings.curve.minima[0][0], run)
    return start + (
        r"With a constant learning rate $x$ ends up scattered around the minimum with the standard "
        rf"deviation $\sigma\sqrt{{\eta / (4(1 - \eta))}} = {latex_number(deviation)}$ in theory; "
        f"the root mean square distance in the last half of this run is ${latex_number(found)}$."
    )


def show_race(settings: RaceSettings) -> None:
    """Run every optimizer from the same start and draw the race."""
    surface = settings.surface
    race = [
        descend(
            surface,
            settings.start,
            settings.learning_rate,
            optimizer=name,
            momentum=settings.momentum,
            tolerance=settings.tolerance,
            measure=settings.measure,
            max_steps=settings.max_steps,
        )
        for name in settings.optimizers
    ]
    st.markdown(f"${surface.formula}$. {_surface_sentence(surface)}")
    _race_maps(surface, race)
    _race_table(surface, race)
    _race_lines(settings, race)
    if surface.name == "bowl":
        _show_theory(settings)


def _surface_sentence(surface: Objective) -> str:
    click = "Click the contour map to start there."
    if surface.name == "bowl":
        assert surface.eigenvalues is not None
        return (
            rf"The eigenvalues of $A$ are $\lambda_{{\min}} = 1$ and $\lambda_{{\max}} = \kappa = "
            rf"{latex_number(surface.eigenvalues[-1])}$. {click}"
        )
    if surface.lowest is None:
        return (
            "It has no lowest value: a path can only **escape** along $y$. From a start with "
            f"$y = 0$ exactly it never does. {click}"
        )
    count = len(surface.minima)
    where = "one point (star)" if count == 1 else f"{count} points (stars)"
    return f"It is lowest at {where}, with $f = {latex_number(surface.lowest, 6)}$. {click}"


def _race_maps(surface: Objective, race: list[Descent]) -> None:
    left, right = wrapping_columns(2, key="maps")
    with left:
        clicked = show_chart(plot_contour(surface, race), "contour", clicks=True)
    if clicked is not None:
        remember_click(surface, clicked.x, clicked.y)
    with right:
        show_chart(plot_surface(surface, race), "relief")


def _race_table(surface: Objective, race: list[Descent]) -> None:
    if not race:
        return
    number = st.column_config.NumberColumn(format="%.4g")
    st.dataframe(
        charts_race.race_table(surface, race),
        hide_index=True,
        width="stretch",
        key="results",
        placeholder="–",
        column_config={
            "steps to tolerance": st.column_config.NumberColumn(
                format="%d", help="The first step at which the run was within the tolerance."
            ),
            **{name: number for name in ("final f", "final ‖∇f‖", "final x", "final y")},
        },
    )


def _race_lines(settings: RaceSettings, race: list[Descent]) -> None:
    show_row(
        "lines",
        values=charts_race.plot_values(settings.surface, race),
        norms=charts_race.plot_measured(race, settings.measure, settings.tolerance),
    )


def _show_theory(settings: RaceSettings) -> None:
    surface = settings.surface
    checks = quadratics.check_rates(
        surface, settings.start, settings.learning_rate, settings.momentum, settings.max_steps
    )
    st.header("The bowl in theory", anchor=False)
    left, right = wrapping_columns(2, key="theory")
    with left:
        show_chart(charts_race.plot_rates(checks), "rates")
    with right:
        st.markdown(_theory_text(surface))
        number = st.column_config.NumberColumn(format="%.4f")
        table = charts_race.rates_table(checks)
        st.dataframe(
            table,
            hide_index=True,
            key="rate_table",
            width="stretch",
            column_config={name: number for name in table.columns[1:]},
        )
        st.caption(_RATE_NOTE)


_RATE_NOTE = (
    "The **rate** is the factor by which one late step multiplies the distance to the minimum; "
    "above 1 the method diverges. Measured: from the slope of the log distance over the last half "
    "of a run to the step limit, without a tolerance. A start that lies exactly on an axis of the "
    "bowl may be faster than predicted. At Polyak's optimum the distance of momentum falls like "
    "t·ρᵗ, a little slower than ρᵗ, so the measured rate comes out slightly higher."
)


def _theory_text(surface: Objective) -> str:
    assert surface.eigenvalues is not None
    low, high = surface.eigenvalues
    rate, momentum = quadratics.optimal_heavy_ball(low, high)
    single, best = quadratics.optimal_learning_rate(low, high), (high - low) / (high + low)
    numbers = (math.sqrt(momentum), rate, momentum)
    fastest, best_rate, best_momentum = (latex_number(number, 4) for number in numbers)
    return rf"""
Along an eigenvector with eigenvalue $\lambda$, a step of gradient descent multiplies the distance
by $1 - \eta\lambda$. With $\lambda_{{\min}} = 1$ and $\lambda_{{\max}} = \kappa$:

- **Stable** below $2/\lambda_{{\max}} = {latex_number(2 / high, 4)}$.
- **Best** at $2/(\lambda_{{\max}} + \lambda_{{\min}}) = {latex_number(single, 4)}$,
  rate $\tfrac{{\kappa - 1}}{{\kappa + 1}} = {latex_number(best, 4)}$.
- **Best with momentum** (Polyak 1964): rate $\sqrt\beta = {fastest}$ with
  $\eta = 4/(\sqrt\kappa + 1)^2 = {best_rate}$ and
  $\beta = \left(\tfrac{{\sqrt\kappa - 1}}{{\sqrt\kappa + 1}}\right)^2 = {best_momentum}$.
"""
