"""Sidebar controls of the Gradient descent page, and the settings that they give."""

from __future__ import annotations

import functools
from collections.abc import Sequence
from dataclasses import dataclass

import streamlit as st

from nnlib.descent import RACERS, optimal_heavy_ball, optimal_learning_rate
from nnlib.surfaces import CURVES, SURFACES, Objective, bowl
from pages.shared.charts.descent import racer_label
from pages.shared.controls import plain_value

_CLICK = "gradient_descent_click"
_DIGITS = (1, 1.2, 1.5, 2, 2.5, 3, 4, 5, 6, 8)
RATES = [*(float(f"{d}e{power}") for power in range(-5, 1) for d in _DIGITS), 10.0]
TOLERANCES = [float(f"1e-{power}") for power in range(10, 0, -1)]
CURVE_STEPS = [1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000]
RACE_STEPS = [10, 20, 50, 100, 200, 500, 1000, 2000]
CONDITIONS = [1.0, 2.0, 3.0, 5.0, 10.0, 20.0, 50.0, 100.0, 200.0, 500.0, 1000.0]
BY_HAND, BEST_DESCENT, BEST_MOMENTUM = (
    "by hand",
    "best for gradient descent",
    "best for momentum (Polyak)",
)
_bowl = functools.lru_cache(maxsize=32)(bowl)  # one object a shape: charts keep grids by object


@dataclass(frozen=True, eq=False)
class DescentSettings:
    """What the controls of one variable say."""

    curve: Objective
    start: float
    learning_rate: float
    tolerance: float
    max_steps: int
    noise: float
    seed: int


@dataclass(frozen=True, eq=False)
class RaceSettings:
    """What the controls of the race say."""

    surface: Objective
    start: tuple[float, float]
    optimizers: tuple[str, ...]
    learning_rate: float
    momentum: float
    tolerance: float
    max_steps: int


def choose_descent() -> DescentSettings:
    """Draw the controls of a descent on one variable; return what they say."""
    name = st.selectbox(
        "Function",
        list(CURVES),
        format_func=lambda name: CURVES[name].label,
        key="function",
        bind="query-params",
        help="The function to minimize.",
    )
    curve = CURVES[name]
    start = _coordinate("Start x", f"start_{name}", curve.ranges[0], curve.start[0])
    rate = _rate(name, curve.learning_rate)
    noise, seed = _choose_noise() if name == "noisy" else (0.0, 0)
    return DescentSettings(
        curve, start, rate, _tolerance(), _steps("curve_steps", CURVE_STEPS, 100), noise, seed
    )


def _choose_noise() -> tuple[float, int]:
    noise = st.slider(
        "Gradient noise",
        0.0,
        10.0,
        3.0,
        step=0.1,
        key="noise",
        bind="query-params",
        help="Standard deviation of the normal noise that is added to every gradient.",
    )
    seed = st.number_input(
        "Seed",
        0,
        9999,
        0,
        key="seed",
        bind="query-params",
        help="Starts the random numbers of the noise; the same seed gives the same path.",
    )
    return noise, seed


def choose_race() -> RaceSettings:
    """Draw the controls of the race; return what they say."""
    name = st.selectbox(
        "Surface",
        list(SURFACES),
        format_func=lambda name: SURFACES[name].label,
        key="surface",
        bind="query-params",
        help="The function of two variables to minimize.",
    )
    surface = _choose_bowl() if name == "bowl" else SURFACES[name]
    start = _choose_start(surface)
    optimizers = st.multiselect(
        "Optimizers",
        RACERS,
        default=RACERS,
        format_func=racer_label,
        key="optimizers",
        bind="query-params",
        help="Who takes part; all start at the same point with the same learning rate.",
    )
    rate, momentum = _choose_tuning(surface)
    return RaceSettings(
        surface,
        start,
        tuple(racer for racer in RACERS if racer in optimizers),
        rate,
        momentum,
        _tolerance(),
        _steps("race_steps", RACE_STEPS, 500),
    )


def _choose_bowl() -> Objective:
    condition = st.select_slider(
        "Condition number κ",
        CONDITIONS,
        value=10.0,
        format_func=plain_value,
        key="condition",
        bind="query-params",
        help="How many times steeper the curvature is in one direction than in the other.",
    )
    angle = st.slider(
        "Rotation of the bowl (degrees)",
        0,
        90,
        30,
        key="angle",
        bind="query-params",
        help="The angle from the x axis to the bowl's flat direction.",
    )
    return _bowl(condition, float(angle))


def _choose_start(surface: Objective) -> tuple[float, float]:
    keys = [f"start_{axis}_{surface.name}" for axis in "xy"]
    clicked = st.session_state.pop(_CLICK, None)
    was_set = clicked is not None and clicked[0] == surface.name
    if was_set:
        for key, value, (low, high) in zip(keys, clicked[1:], surface.ranges, strict=True):
            # Inside the ends: see _coordinate.
            st.session_state[key] = round(min(max(value, low + 0.01), high - 0.01), 2)
    x, y = (
        _coordinate(f"Start {axis}", key, bounds, None if was_set else default)
        for axis, key, bounds, default in zip(
            "xy", keys, surface.ranges, surface.start, strict=True
        )
    )
    return x, y


def remember_click(surface: Objective, x: float, y: float) -> None:
    """Start the next run at the point that was clicked; the sliders are drawn already."""
    st.session_state[_CLICK] = (surface.name, x, y)
    st.rerun()


def _coordinate(label: str, key: str, bounds: tuple[float, float], default: float | None) -> float:
    """Draw a slider of a start.

    Without a default where the value has just been set by the session state, since Streamlit warns
    of the two together. The slider then takes its lower end for the default, for that run.
    """
    return st.slider(
        label,
        *bounds,
        default,
        step=0.01,
        key=key,
        bind="query-params",
        help="Where the descent starts; on a contour map a click sets it too.",
    )


def _choose_tuning(surface: Objective) -> tuple[float, float]:
    """Draw learning rate and momentum; on the bowl they can come from the theory."""
    tuning = BY_HAND
    if surface.name == "bowl":
        tuning = st.selectbox(
            "Learning rate and momentum",
            (BY_HAND, BEST_DESCENT, BEST_MOMENTUM),
            key="tuning",
            bind="query-params",
            help="Set them by the sliders below, or take what theory says is best for this bowl.",
        )
    rate = _rate(surface.name, surface.learning_rate, disabled=tuning != BY_HAND)
    momentum = st.slider(
        "Momentum β",
        0.0,
        0.99,
        0.9,
        step=0.01,
        key="momentum",
        bind="query-params",
        disabled=tuning == BEST_MOMENTUM,
        help="How much of the velocity is kept from step to step, by momentum and Nesterov.",
    )
    if tuning == BY_HAND or surface.eigenvalues is None:
        return rate, momentum
    if tuning == BEST_DESCENT:
        rate = optimal_learning_rate(*surface.eigenvalues)
    else:
        rate, momentum = optimal_heavy_ball(*surface.eigenvalues)
    st.caption(f"In use: learning rate {rate:.4g}, momentum {momentum:.4g}.")
    return rate, momentum


def _rate(name: str, default: float, *, disabled: bool = False) -> float:
    return st.select_slider(
        "Learning rate η",
        RATES,
        value=default,
        format_func=plain_value,
        key=f"rate_{name}",
        bind="query-params",
        disabled=disabled,
        help="The factor of the gradient in every step.",
    )


def _tolerance() -> float:
    return st.select_slider(
        "Tolerance",
        TOLERANCES,
        value=1e-4,
        format_func=plain_value,
        key="tolerance",
        bind="query-params",
        help="A run stops at the first step at which the exact gradient's norm is not above this.",
    )


def _steps(key: str, stops: Sequence[int], default: int) -> int:
    return st.select_slider(
        "Step limit",
        stops,
        value=default,
        key=key,
        bind="query-params",
        help="The most steps that a run makes.",
    )
