"""Sidebar controls of the Gradient descent page, and the settings that they give."""

import functools
from collections.abc import Sequence
from dataclasses import dataclass

import streamlit as st

from nnlib.labs.curves import CURVES
from nnlib.labs.descent import Measure, racers
from nnlib.labs.quadratics import optimal_heavy_ball, optimal_learning_rate
from nnlib.labs.surfaces import SURFACES, Objective, bowl
from pages.shared import widgets
from pages.shared.charts.numbers import plain_number
from pages.shared.controls import plain_value
from pages.shared.descent.charts_lines import racer_label
from pages.shared.widget_values import set_widget

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
_MEASURES: dict[Measure, str] = {"slope": "the slope", "step": "the step"}
VIEWS = ONE_VARIABLE, RACE = "One variable", "Race on a surface"
_bowl = functools.lru_cache(maxsize=32)(bowl)  # one object a shape: charts keep grids by object


@dataclass(frozen=True, eq=False)
class DescentSettings:
    """What the controls of one variable say."""

    curve: Objective
    start: float
    learning_rate: float
    tolerance: float
    measure: Measure
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
    measure: Measure
    max_steps: int


def choose_descent() -> DescentSettings:
    """Draw the controls of a descent on one variable; return what they say."""
    name = widgets.selectbox(
        "function",
        "Function",
        list(CURVES),
        format_func=lambda name: CURVES[name].label,
        help="The function to minimize.",
    )
    curve = CURVES[name]
    start = _coordinate("Start x", f"start_{name}", curve.start_ranges[0], curve.start[0])
    rate = _rate(name, curve.learning_rate)
    noise, seed = _choose_noise() if name == "noisy" else (0.0, 0)
    tolerance, measure = _tolerance()
    steps = _steps("curve_steps", CURVE_STEPS, 100)
    return DescentSettings(curve, start, rate, tolerance, measure, steps, noise, seed)


def _choose_noise() -> tuple[float, int]:
    noise = widgets.slider(
        "noise",
        "Gradient noise",
        (0.0, 10.0, 3.0, 0.1),
        help="Standard deviation of the normal noise that is added to every gradient.",
    )
    seed = widgets.number_input(
        "seed",
        "Seed",
        (0, 9999, 0),
        help="Starts the random numbers of the noise; the same seed gives the same path.",
    )
    return noise, seed


def choose_race() -> RaceSettings:
    """Draw the controls of the race; return what they say."""
    name = widgets.selectbox(
        "surface",
        "Surface",
        list(SURFACES),
        format_func=lambda name: SURFACES[name].label,
        help="The function of two variables to minimize.",
    )
    surface = _choose_bowl() if name == "bowl" else SURFACES[name]
    start = _choose_start(surface)
    optimizers = widgets.multiselect(
        "optimizers",
        "Optimizers",
        racers(),
        racers(),
        format_func=racer_label,
        help="Who takes part; all start at the same point with the same learning rate.",
    )
    rate, momentum = _choose_tuning(surface)
    tolerance, measure = _tolerance()
    steps = _steps("race_steps", RACE_STEPS, 500)
    chosen = tuple(racer for racer in racers() if racer in optimizers)
    return RaceSettings(surface, start, chosen, rate, momentum, tolerance, measure, steps)


def _choose_bowl() -> Objective:
    condition = widgets.select_slider(
        "condition",
        "Condition number κ",
        CONDITIONS,
        10.0,
        format_func=plain_value,
        help="How many times steeper the curvature is in one direction than in the other.",
    )
    angle = widgets.slider(
        "angle",
        "Rotation of the bowl (degrees)",
        (0, 90, 30),
        help="The angle from the x axis to the bowl's flat direction.",
    )
    return _bowl(condition, float(angle))


def _choose_start(surface: Objective) -> tuple[float, float]:
    keys = [f"start_{axis}_{surface.name}" for axis in "xy"]
    clicked = st.session_state.pop(_CLICK, None)
    if clicked is not None and clicked[0] == surface.name:
        for key, value, (low, high) in zip(keys, clicked[1:], surface.start_ranges, strict=True):
            set_widget(key, round(min(max(value, low), high), 2))
    x, y = (
        _coordinate(f"Start {axis}", key, bounds, default)
        for axis, key, bounds, default in zip(
            "xy", keys, surface.start_ranges, surface.start, strict=True
        )
    )
    return x, y


def remember_click(surface: Objective, x: float, y: float) -> None:
    """Start the next run at the point that was clicked; the sliders are drawn already."""
    st.session_state[_CLICK] = (surface.name, x, y)
    st.rerun()


def _coordinate(label: str, key: str, bounds: tuple[float, float], default: float) -> float:
    help = "Where the descent starts; on a contour map a click sets it too."
    return widgets.slider(key, label, (*bounds, default, 0.01), help=help)


def _choose_tuning(surface: Objective) -> tuple[float, float]:
    """Draw learning rate and momentum; on the bowl they can come from the theory."""
    tuning = BY_HAND
    if surface.name == "bowl":
        tuning = widgets.selectbox(
            "tuning",
            "Learning rate and momentum",
            (BY_HAND, BEST_DESCENT, BEST_MOMENTUM),
            help="Set them by the sliders below, or take what theory says is best for this bowl.",
        )
    rate = _rate(surface.name, surface.learning_rate, disabled=tuning != BY_HAND)
    momentum = widgets.slider(
        "momentum",
        "Momentum β",
        (0.0, 0.99, 0.9, 0.01),
        disabled=tuning == BEST_MOMENTUM,
        help="How much of the velocity is kept from step to step, by momentum and Nesterov.",
    )
    if tuning == BY_HAND or surface.eigenvalues is None:
        return rate, momentum
    if tuning == BEST_DESCENT:
        rate = optimal_learning_rate(*surface.eigenvalues)
    else:
        rate, momentum = optimal_heavy_ball(*surface.eigenvalues)
    st.caption(
        f"In use: learning rate {plain_number(rate, 4)}, momentum {plain_number(momentum, 4)}."
    )
    return rate, momentum


def _rate(name: str, default: float, *, disabled: bool = False) -> float:
    return widgets.select_slider(
        f"rate_{name}",
        "Learning rate η",
        RATES,
        default,
        format_func=plain_value,
        disabled=disabled,
        help="The factor of the gradient in every step.",
    )


def _tolerance() -> tuple[float, Measure]:
    """Draw the tolerance and what it is on."""
    measure = widgets.segmented_control(
        "stop_by",
        "Tolerance on",
        list(_MEASURES),
        format_func=lambda name: _MEASURES[name],
        help="A run stops when the exact gradient is small, or when its last step was short: with "
        "a small learning rate steps are short far from any minimum too.",
    )
    tolerance = widgets.select_slider(
        "tolerance",
        "Tolerance",
        TOLERANCES,
        1e-4,
        format_func=plain_value,
        help="A run stops at the first step at which the gradient's norm, or the length of the "
        "step, is not above this.",
    )
    return tolerance, measure


def _steps(key: str, stops: Sequence[int], default: int) -> int:
    return widgets.select_slider(
        key, "Step limit", stops, default, help="The most steps that a run makes."
    )
