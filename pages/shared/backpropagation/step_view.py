"""One step as matrices, and what its update changes."""

import numpy as np
import streamlit as st

from nnlib.labs.chain_rule import relative_error
from nnlib.labs.step_trace import StepTrace, step_sizes
from nnlib.network import layer_names
from pages.shared.backpropagation import charts, text
from pages.shared.backpropagation.charts_network import STAGES
from pages.shared.export import show_chart
from pages.shared.layout import wrapping_columns
from pages.shared.rows import Tile, show_metrics

_LOSS_FORMULA = {
    "binary_crossentropy": r"L = \frac{1}{BK}\sum_{n,k} "
    r"\left[-y_{nk}\log p_{nk} - (1 - y_{nk})\log(1 - p_{nk})\right],"
    r"\quad p = \frac{1}{1 + e^{-z}}",
    "categorical_crossentropy": r"L = \frac{1}{B}\sum_{n}\sum_k -y_{nk}\log p_{nk},"
    r"\quad p_{nk} = \frac{e^{z_{nk}}}{\sum_j e^{z_{nj}}}",
    "sigmoid_squared_error": r"L = \frac{1}{BK}\sum_{n,k} (p_{nk} - y_{nk})^2,"
    r"\quad p = \frac{1}{1 + e^{-z}}",
    "mean_squared_error": r"L = \frac{1}{BK}\sum_{n,k} (p_{nk} - y_{nk})^2,\quad p = z",
}


def show_matrices(trace: StepTrace, stage: str) -> None:
    """Show the step as matrices, as far as the buttons have gone."""
    reached = STAGES.index(stage)
    count = len(trace.layers)
    html = ["<h4>Forward</h4>", *(text.forward_html(trace, n) for n in range(1, count + 1))]
    st.html(text.MATRIX_STYLE + "".join(html))
    if reached >= text.LOSS:
        st.html("<h4>Loss</h4>" + text.loss_html(trace))
        loss = trace.problem.loss
        st.markdown(rf"$$\displaystyle {_LOSS_FORMULA[loss]},\quad L = {text.number(trace.loss)}$$")
    if reached >= text.BACKWARD:
        parts = [text.backward_html(trace, n) for n in range(count, 0, -1)]
        st.html("<h4>Backward</h4>" + "".join(parts))
    if reached >= text.UPDATE:
        parts = [text.update_html(trace, n) for n in range(1, count + 1)]
        st.html("<h4>Update</h4>" + "".join(parts))
    st.caption("One row an example. Four digits are shown; pointing at a number shows all of them.")
    with st.expander("Copy with all digits, as NumPy source", icon=":material/content_copy:"):
        st.code(text.numpy_text(trace, reached), language="python")


def show_update(trace: StepTrace, stage: str) -> None:
    """Show what the update changes, and what first order predicts."""
    if STAGES.index(stage) < text.UPDATE:
        st.info("Press Update: every weight then moves against its gradient.")
        return
    st.markdown(
        r"$$\displaystyle W \leftarrow W - \eta\,\frac{\partial L}{\partial W},\qquad "
        r"\Delta L \approx g^\top \Delta w = -\eta\,\lVert g\rVert^2$$"
    )
    tiles = (
        ("Loss before", trace.loss),
        ("Loss after", trace.new_loss),
        ("Actual change", trace.actual_change),
        ("First-order change", trace.predicted_change),
    )
    shown = [Tile(label, text.short(value)) for label, value in tiles]
    show_metrics("backpropagation_change", shown, least="9rem")
    left, right = wrapping_columns(2, key="backpropagation_update_charts")
    rate = trace.problem.learning_rate
    sizes = step_sizes(trace, np.linspace(0, 4 * rate, 81))
    with left:
        show_chart(charts.plot_step_sizes(sizes, rate, trace.actual_change), "step_sizes")
    with right:
        biases = trace.problem.biases
        rows = [
            f"| {name} | {layer.weight.size + biases * layer.bias.size} "
            f"| {text.short(layer.mean_absolute_change(biases))} |"
            for name, layer in zip(layer_names(len(trace.layers)), trace.layers, strict=True)
        ]
        what = "weights and biases" if biases else "weights"
        st.markdown(text.table(f"| layer | {what} | mean absolute change |", rows))
        gap = relative_error(trace.actual_change, trace.predicted_change)
        st.markdown(
            f"The two changes differ by {gap:.1%} of the larger one. The first-order change is "
            "the tangent: it is exact only for a vanishing learning rate, and curvature makes "
            "the difference. Move the learning rate in the sidebar."
        )
