"""What the Gradient descent page shows: a descent on one variable, a race, the bowl's theory."""

from __future__ import annotations

import math

import numpy as np
import streamlit as st

from nnlib.descent import (
    Descent,
    check_rates,
    descend,
    late_deviation,
    optimal_heavy_ball,
    optimal_learning_rate,
    stationary_deviation,
)
from nnlib.surfaces import Objective
from pages.shared.charts import descent as charts
from pages.shared.charts import descent_surface
from pages.shared.charts.theme import plain_number
from pages.shared.descent_controls import DescentSettings, RaceSettings, remember_click
from pages.shared.export import show_chart
from pages.shared.layout import wrapping_columns


def show_descent(settings: DescentSettings) -> None:
    """Run plain gradient descent on one variable and draw it."""
    curve = settings.curve
    run = descend(
        curve,
        (settings.start,),
        settings.learning_rate,
        tolerance=settings.tolerance,
        max_steps=settings.max_steps,
        noise=settings.noise,
        rng=np.random.default_rng(settings.seed),
    )
    _descent_metrics(run)
    st.markdown(_descent_sentence(settings, run))
    left, right = wrapping_columns(2, key="descent")
    with left:
        show_chart(
            charts.plot_path(curve, run),
            key="path",
            name="gradient-descent-path",
            data=lambda: charts.path_data(run),
        )
    with right:
        show_chart(
            charts.plot_progress(curve, run, settings.tolerance),
            key="progress",
            name="gradient-descent-progress",
            data=lambda: charts.path_data(run),
        )


_REASONS = {"converged": "Converged", "step limit": "Step limit", "diverged": "Diverged"}


def _descent_metrics(run: Descent) -> None:
    with st.container(horizontal=True):
        st.metric("Stopped because", _REASONS[run.outcome])
        st.metric("Step", f"{run.steps:,}")
        st.metric("x", plain_number(float(run.points[-1, 0]), 4))
        st.metric("f(x)", plain_number(float(run.values[-1]), 5))
        st.metric("|slope|", plain_number(float(run.gradient_norms[-1]), 3))


def _descent_sentence(settings: DescentSettings, run: Descent) -> str:
    """Return why the run stopped, and what theory says of this function."""
    reason = {
        "converged": f"It **converged**: at step {run.steps:,} the slope was within the tolerance.",
        "step limit": f"It reached the **step limit** of {run.steps:,} steps, with the slope still "
        "above the tolerance.",
        "diverged": f"It **diverged**: at step {run.steps:,} $x$ was beyond a million. A smaller "
        "learning rate helps.",
    }[run.outcome]
    return f"${settings.curve.formula}$. {reason} {_theory_sentence(settings, run)}"


def _theory_sentence(settings: DescentSettings, run: Descent) -> str:
    name, rate = settings.curve.name, settings.learning_rate
    if name == "parabola":
        return (
            rf"Here every step multiplies $x$ by $1 - 2\eta = {1 - 2 * rate:.4g}$, so it converges "
            r"for $0 < \eta < 1$, in a single step for $\eta = 1/2$."
        )
    if name == "double_well":
        return (
            r"The lower minimum is near $x = -1.473$, the higher one near $x = 1.347$; which of "
            "them a run finds depends on start and learning rate."
        )
    if name == "absolute":
        return (
            rf"The slope is $\pm 1$ everywhere but at 0, so every step has the length $\eta = "
            rf"{rate:.4g}$: near the minimum the path jumps to and fro instead of settling, unless "
            "it hits 0 exactly."
        )
    return _noise_sentence(settings, run)


def _noise_sentence(settings: DescentSettings, run: Descent) -> str:
    start = (
        "Random noise on the gradient imitates what drawing **minibatches** does in training; "
        "the stopping rule looks at the exact slope. "
    )
    (curvature,) = settings.curve.eigenvalues or (math.nan,)
    deviation = stationary_deviation(curvature, settings.learning_rate, settings.noise)
    if deviation is None:
        return start + r"From $\eta = 1$ on the path does not settle around the minimum at all."
    found = late_deviation(settings.curve.minima[0][0], run)
    return start + (
        r"With a constant learning rate $x$ ends up scattered around the minimum with the standard "
        rf"deviation $\sigma\sqrt{{\eta / (4(1 - \eta))}} = {deviation:.3g}$ in theory; the "
        f"root mean square distance in the last half of this run is ${found:.3g}$."
    )


# ------------------------------------------------------------------ the race


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
            rf"{surface.eigenvalues[-1]:g}$. {click}"
        )
    if surface.lowest is None:
        return (
            "It has no lowest value: a path can only **escape** along $y$. From a start with "
            f"$y = 0$ exactly it never does. {click}"
        )
    count = len(surface.minima)
    where = "one point (star)" if count == 1 else f"{count} points (stars)"
    return f"It is lowest at {where}, with $f = {surface.lowest:.6g}$. {click}"


def _race_maps(surface: Objective, race: list[Descent]) -> None:
    left, right = wrapping_columns(2, key="maps")
    with left:
        clicked = show_chart(
            descent_surface.plot_contour(surface, race),
            key="contour",
            name=f"{surface.name}-contour",
            data=lambda: charts.race_steps_data(race),
            clicks=True,
        )
    if clicked is not None:
        remember_click(surface, clicked.x, clicked.y)
    with right:
        show_chart(
            descent_surface.plot_surface(surface, race),
            key="relief",
            name=f"{surface.name}-surface",
            data=lambda: charts.race_steps_data(race),
        )


def _race_table(surface: Objective, race: list[Descent]) -> None:
    if not race:
        return
    number = st.column_config.NumberColumn(format="%.4g")
    st.dataframe(
        charts.race_data(surface, race),
        hide_index=True,
        width="stretch",
        key="results",
        placeholder="–",
        column_config={
            "steps to tolerance": st.column_config.NumberColumn(
                format="%d", help="The first step at which ‖∇f‖ is within the tolerance."
            ),
            **{name: number for name in ("final f", "final ‖∇f‖", "final x", "final y")},
        },
    )


def _race_lines(settings: RaceSettings, race: list[Descent]) -> None:
    left, right = wrapping_columns(2, key="lines")
    with left:
        show_chart(
            charts.plot_values(settings.surface, race),
            key="values",
            name="loss-over-steps",
            data=lambda: charts.race_steps_data(race),
        )
    with right:
        show_chart(
            charts.plot_gradient_norms(race, settings.tolerance),
            key="norms",
            name="gradient-norm-over-steps",
            data=lambda: charts.race_steps_data(race),
        )


# ------------------------------------------------------------------ the theory of the bowl


def _show_theory(settings: RaceSettings) -> None:
    surface = settings.surface
    checks = check_rates(
        surface,
        settings.start,
        settings.learning_rate,
        settings.momentum,
        settings.max_steps,
    )
    st.subheader("The bowl in theory", anchor=False)
    left, right = wrapping_columns(2, key="theory")
    with left:
        show_chart(
            charts.plot_rates(checks),
            key="rates",
            name="convergence-rates",
            data=lambda: charts.rates_data(checks),
        )
    with right:
        st.markdown(_theory_text(surface))
        number = st.column_config.NumberColumn(format="%.4f")
        table = charts.rates_data(checks)
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
    rate, momentum = optimal_heavy_ball(low, high)
    best = (high - low) / (high + low)
    return rf"""
Along an eigenvector with eigenvalue $\lambda$, a step of gradient descent multiplies the distance
by $1 - \eta\lambda$. With $\lambda_{{\min}} = 1$ and $\lambda_{{\max}} = \kappa$:

- **Stable** below $2/\lambda_{{\max}} = {2 / high:.4g}$.
- **Best** at $2/(\lambda_{{\max}} + \lambda_{{\min}}) = {optimal_learning_rate(low, high):.4g}$,
  rate $\tfrac{{\kappa - 1}}{{\kappa + 1}} = {best:.4g}$.
- **Best with momentum** (Polyak 1964): rate $\sqrt\beta = {math.sqrt(momentum):.4g}$ with
  $\eta = 4/(\sqrt\kappa + 1)^2 = {rate:.4g}$ and
  $\beta = \left(\tfrac{{\sqrt\kappa - 1}}{{\sqrt\kappa + 1}}\right)^2 = {momentum:.4g}$.
"""
