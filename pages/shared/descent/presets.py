"""The presets of the Gradient descent page."""

from nnlib.labs.descent import racers
from pages.shared.descent.controls import BEST_MOMENTUM, ONE_VARIABLE, RACE
from pages.shared.presets import Preset

PRESETS = (
    Preset(
        "From 10, by the step",
        "x² + 5 from x = 10 with the learning rate 0.1, until a step is shorter than 0.000001.",
        {
            "view": ONE_VARIABLE,
            "function": "parabola",
            "start_parabola": 10.0,
            "rate_parabola": 0.1,
            "stop_by": "step",
            "tolerance": 1e-6,
            "curve_steps": 100,
        },
    ),
    Preset(
        "To and fro for ever",
        "At the learning rate 1 every step on x² + 5 leads to the point across, at the same "
        "height.",
        {
            "view": ONE_VARIABLE,
            "function": "parabola",
            "start_parabola": 5.0,
            "rate_parabola": 1.0,
            "stop_by": "slope",
            "tolerance": 1e-4,
            "curve_steps": 20,
        },
    ),
    Preset(
        "Narrow bowl, Polyak's best",
        "A bowl 100 times steeper across than along, with the learning rate and momentum that "
        "theory says are best for momentum.",
        {
            "view": RACE,
            "surface": "bowl",
            "condition": 100.0,
            "angle": 30,
            "start_x_bowl": -1.7,
            "start_y_bowl": 0.6,
            "optimizers": ["sgd", "momentum", "nesterov"],
            "tuning": BEST_MOMENTUM,
            "stop_by": "slope",
            "tolerance": 1e-4,
            "race_steps": 500,
        },
    ),
    Preset(
        "Saddle, exactly on its axis",
        "From y = 0 no optimizer leaves the axis, though the ground falls to both sides of it.",
        {
            "view": RACE,
            "surface": "saddle",
            "start_x_saddle": -1.6,
            "start_y_saddle": 0.0,
            "optimizers": list(racers()),
            "rate_saddle": 0.02,
            "momentum": 0.9,
            "stop_by": "slope",
            "tolerance": 1e-4,
            "race_steps": 500,
        },
    ),
)
