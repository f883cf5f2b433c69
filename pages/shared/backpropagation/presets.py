"""The presets of the Backpropagation page."""

from typing import Any

from nnlib.labs.walkthrough import NO_BIASES, XOR, Problem
from nnlib.labs.walkthrough_text import format_examples
from pages.shared.backpropagation import controls
from pages.shared.backpropagation.state import STAGE
from pages.shared.presets import Preset


def _batch(problem: Problem, loss: str) -> dict[str, Any]:
    """Return the widgets of a batch, at its first step as far as the backward pass."""
    return {
        "view": controls.CHAIN_RULE,
        "preset": "XOR, four examples",
        "xor_layers": len(problem.hidden),
        "xor_units_1": problem.hidden[0],
        "xor_activation": problem.activation,
        "xor_biases": problem.biases,
        "xor_loss": loss,
        "xor_seed": problem.seed,
        "xor_learning_rate": problem.learning_rate,
        "xor_examples": format_examples(problem.inputs, problem.targets),
        "xor_edits": "",
        "xor_steps": 0,
        "xor_example": 1,
        "xor_weight": "w1[1,3]",
        "lines": "weight",
        STAGE: "backward",
    }


PRESETS = (
    Preset(
        "3-4-1 without biases",
        "XOR with a third input that is always 1, by sigmoids without biases and the squared error "
        "of the sigmoid output.",
        _batch(NO_BIASES, controls.OF_A_SIGMOID),
    ),
    Preset(
        "XOR with cross-entropy",
        "XOR by a 2-4-1 network of sigmoids with biases and the cross-entropy.",
        _batch(XOR, controls.CROSS_ENTROPY),
    ),
    Preset(
        "Three classes: 0.7, 0.2, 0.1",
        "What mean squared error and cross-entropy say of this prediction where class 1 is right.",
        {
            "view": controls.LOSS_FUNCTION,
            "share_1": 0.7,
            "share_2": 0.2,
            "share_3": 0.1,
            "right_class": 1,
        },
    ),
)
