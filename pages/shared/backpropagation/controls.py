"""Sidebar of the backpropagation page: two presets, each with controls of its own -> a Problem."""

from dataclasses import replace

import streamlit as st

from nnlib.activations import ACTIVATIONS
from nnlib.labs.walkthrough import ONE_EXAMPLE, XOR, Edit, Problem
from nnlib.labs.walkthrough_text import format_examples, parse_edits, parse_examples
from pages.shared import widgets
from pages.shared.controls import label_of, plain_value
from pages.shared.layout import show_error
from pages.shared.plain_text import plain

VIEWS = CHAIN_RULE, MATRICES, UPDATE, LOSS_FUNCTION = (
    "Chain rule of one weight",
    "Matrices",
    "Update",
    "Loss function by itself",
)
PRESETS = {"One example": "one", "XOR, four examples": "xor"}
CROSS_ENTROPY, OF_A_SIGMOID = "cross-entropy", "squared error of a sigmoid"
_SQUARED = {"mean squared error": "mean_squared_error", OF_A_SIGMOID: "sigmoid_squared_error"}
OUTPUTS = {
    "binary_crossentropy": "sigmoid",
    "categorical_crossentropy": "softmax",
    "mean_squared_error": "linear",
    "sigmoid_squared_error": "sigmoid",
}
"""The function that turns the logit into the prediction, which belongs to the loss."""
_RATES = [float(f"{digit}e{power}") for power in range(-3, 1) for digit in (1, 2, 5)] + [10.0]


def choose_problem() -> tuple[str, Problem]:
    """Draw the sidebar; return the preset's short name and what is to be walked through."""
    chosen = widgets.selectbox(
        "preset",
        "Example",
        PRESETS,
        help="One example alone, or the four of exclusive or as one batch.",
    )
    preset = PRESETS[chosen]
    default = XOR if preset == "xor" else ONE_EXAMPLE
    st.subheader("Network", anchor=False)
    n_inputs, n_outputs = _choose_ends() if preset == "one" else (2, 1)
    hidden = _choose_hidden(preset, default.hidden)
    activation = _choose_activation(preset, default.activation)
    biases = widgets.toggle(
        f"{preset}_biases",
        "Biases",
        default.biases,
        help="Whether every unit adds a bias, which begins at 0; without it z is the weighted sum.",
    )
    loss = _choose_loss(preset, n_outputs)
    seed = _count("Seed", f"{preset}_seed", 0, 9999, default.seed, "Draws the initial weights.")
    rate = _choose_rate(preset, default.learning_rate)
    st.subheader("Data", anchor=False)
    if preset == "xor":
        inputs, targets = _choose_batch(default)
    else:
        inputs, targets = _choose_example(n_inputs, n_outputs, loss)
    if loss == "binary_crossentropy" and any(not 0 <= y <= 1 for row in targets for y in row):
        show_error("Cross-entropy needs targets between 0 and 1; XOR's own are used instead.")
        inputs, targets = default.inputs, default.targets
    problem = Problem(inputs, targets, hidden, activation, loss, seed, rate, biases=biases)
    return preset, replace(problem, edits=_choose_edits(preset, problem))


def _choose_ends() -> tuple[int, int]:
    left, right = st.columns(2, gap="small")
    with left:
        n_inputs = _count("Inputs", "one_inputs", 2, 4, 3, "How many numbers an example has.")
    with right:
        n_outputs = _count("Outputs", "one_outputs", 1, 3, 1, "How many output units.")
    return n_inputs, n_outputs


def _choose_rate(preset: str, default: float) -> float:
    return widgets.select_slider(
        f"{preset}_learning_rate",
        "Learning rate",
        _RATES,
        default,
        format_func=plain_value,
        help="The update subtracts the learning rate times the gradient.",
    )


def _count(label: str, key: str, low: int, high: int, default: int, help: str) -> int:
    value: int = widgets.number_input(key, label, (low, high, default), help=help)
    return value


def _choose_hidden(preset: str, defaults: tuple[int, ...]) -> tuple[int, ...]:
    count = _count(
        "Hidden layers",
        f"{preset}_layers",
        1,
        3,
        len(defaults),
        "How many layers lie between inputs and outputs.",
    )
    columns = st.columns(3, gap="small")
    widths = []
    for index in range(count):
        with columns[index]:
            default = defaults[min(index, len(defaults) - 1)]
            text = f"The number of units in hidden layer {index + 1}."
            key = f"{preset}_units_{index + 1}"
            widths.append(_count(f"Units {index + 1}", key, 1, 5, default, text))
    return tuple(widths)


def _choose_activation(preset: str, default: str) -> str:
    names = [default, *(name for name in ACTIVATIONS if name != default)]
    chosen: str = widgets.selectbox(
        f"{preset}_activation",
        "Activation",
        names,
        format_func=label_of,
        help="The function that every hidden unit applies to its weighted sum.",
    )
    return chosen


def _choose_loss(preset: str, n_outputs: int) -> str:
    chosen = widgets.selectbox(
        f"{preset}_loss",
        "Loss",
        [CROSS_ENTROPY, *_SQUARED],
        help="Cross-entropy is binary with a sigmoid for one output, and with a softmax for more; "
        "the mean squared error is of linear outputs, or of outputs that are sigmoids.",
    )
    if chosen in _SQUARED:
        return _SQUARED[chosen]
    return "binary_crossentropy" if n_outputs == 1 else "categorical_crossentropy"


def _choose_example(
    n_inputs: int, n_outputs: int, loss: str
) -> tuple[tuple[tuple[float, ...], ...], tuple[tuple[float, ...], ...]]:
    columns = st.columns(2, gap="small")
    defaults = (*ONE_EXAMPLE.inputs[0], 0.3)
    inputs = []
    for index in range(n_inputs):
        with columns[index % 2]:
            key, text = f"one_x{index + 1}", f"Input {index + 1} of the example."
            inputs.append(_value(f"x{index + 1}", key, -10.0, 10.0, defaults[index], text))
    if loss == "categorical_crossentropy":
        # As many classes as outputs; the key is of that number, so that no choice is stale.
        classes = list(range(1, n_outputs + 1))
        right = widgets.selectbox(
            f"one_class_of_{n_outputs}",
            "Target class",
            classes,
            help="The output that should be 1; the others should be 0.",
        )
        return (tuple(inputs),), (tuple(float(k == right) for k in classes),)
    squared = loss == "mean_squared_error"
    low, high = (-10.0, 10.0) if squared else (0.0, 1.0)
    targets = []
    columns = st.columns(2, gap="small")
    for index in range(n_outputs):
        with columns[index % 2]:
            key = f"one_y{index + 1}" if squared else f"one_t{index + 1}"
            text = f"What output {index + 1} should be."
            targets.append(_value(f"Target {index + 1}", key, low, high, float(index == 0), text))
    return (tuple(inputs),), (tuple(targets),)


def _value(label: str, key: str, low: float, high: float, default: float, help: str) -> float:
    value: float = widgets.number_input(
        key, label, (low, high, default, 0.1), format="%.3g", help=help
    )
    return value


def _choose_batch(
    default: Problem,
) -> tuple[tuple[tuple[float, ...], ...], tuple[tuple[float, ...], ...]]:
    text = widgets.text_input(
        "xor_examples",
        "Examples",
        format_examples(default.inputs, default.targets),
        max_chars=200,
        help="Inputs, two or up to four, “>” and the target, with “;” between examples; at most "
        "eight.",
    )
    try:
        return parse_examples(text, 1)
    except ValueError as error:
        show_error(f"{error} The four of XOR are used instead.")
        return default.inputs, default.targets


def _choose_edits(preset: str, problem: Problem) -> tuple[Edit, ...]:
    text = widgets.text_input(
        f"{preset}_edits",
        "Weights set by hand",
        max_chars=2000,
        placeholder="w2[1,3]=0.25; b1[2]=0.1",
        help="w2[1,3] leads from unit 1 to unit 3 of layer 2; @7 sets it ahead of step 7.",
    )
    try:
        edits = parse_edits(text)
    except ValueError as error:
        show_error(f"{error} No weight is set by hand.")
        return ()
    lost = [edit.position.name for edit in edits if not problem.has(edit.position)]
    if lost:
        st.warning(f"This network has no {plain(', '.join(lost))}, so that edit does nothing.")
    return edits
