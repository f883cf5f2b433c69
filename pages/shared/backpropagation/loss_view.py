"""Losses by themselves: of one probability, of three classes, and why softmax gives p - y."""

import numpy as np
import streamlit as st

from nnlib.labs.output_errors import class_errors, output_errors, softmax_chain
from pages.shared import widgets
from pages.shared.backpropagation import charts, text
from pages.shared.charts.numbers import plain_number
from pages.shared.layout import wrapping_columns
from pages.shared.rows import Tile, show_metrics, show_row

_CLASSES = (0.7, 0.2, 0.1)
_CONFIDENT_MISTAKE = r"""
**A confident mistake.** Through a sigmoid, $dL/dz = \frac{dL}{dp}\,p(1-p)$. The squared error
$(p-y)^2$ keeps the factor: $2(p-y)\,p(1-p)$ goes to 0 where $p$ is almost 0 or 1, also where that
is wrong. The cross-entropy's own $\frac{dL}{dp} = \frac{p-y}{p(1-p)}$ cancels it, and $p - y$ is
left. In the network above, *squared error of a sigmoid* has this factor; *mean squared error* is
of a linear output, $p = z$, and has not.
"""
_SOFTMAX = r"""
**Why softmax with cross-entropy gives $p - y$.** With $L = -\sum_j y_j\log p_j$ and
$\frac{\partial p_j}{\partial z_k} = p_j([j = k] - p_k)$,

$\displaystyle \frac{\partial L}{\partial z_k} = \sum_j \left(-\frac{y_j}{p_j}\right)
p_j([j = k] - p_k) {}= -y_k + p_k\sum_j y_j {}= p_k - y_k$, since $\sum_j y_j = 1$.
"""


def show_loss_function() -> None:
    """Show both losses of one prediction by themselves, and why softmax gives p - y."""
    left, right = wrapping_columns(2, key="backpropagation_one_prediction", least="14rem")
    with left:
        p = widgets.slider(
            "prediction",
            "Prediction p",
            (0.001, 0.999, 0.2, 0.001),
            format="%.3f",
            help="What the network says: the probability of class 1.",
        )
    with right:
        target = widgets.radio(
            "prediction_target", "Target y", [1, 0], horizontal=True, help="What is true."
        )
    curves = output_errors(np.linspace(0.001, 0.999, 400), float(target))
    now = output_errors([p], float(target))
    rows = [
        f"| {name} | {text.short(loss[0])} | {text.short(by_p[0])} | {text.short(by_z[0])} |"
        for name, loss, by_p, by_z in (
            ("squared error", now.squared, now.squared_by_p, now.squared_by_z),
            ("cross-entropy", now.crossentropy, now.crossentropy_by_p, now.crossentropy_by_z),
        )
    ]
    st.markdown(text.table("| loss | value | dL/dp | dL/dz for p = sigmoid(z) |", rows))
    show_row(
        "backpropagation_errors",
        least="19rem",
        **{f"errors{part}": charts.plot_output_errors(curves, now, part) for part in charts.PARTS},
    )
    st.markdown(_CONFIDENT_MISTAKE)
    _show_three_classes()
    _explain_softmax()


def _show_three_classes() -> None:
    """Show both losses of a prediction over three classes."""
    st.markdown(
        "**Three classes.** The target is one-hot. The mean squared error averages $(p_k - y_k)^2$ "
        "over the classes; the cross-entropy $-\\sum_k y_k\\log p_k$ looks at the right class only."
    )
    columns = wrapping_columns(4, key="backpropagation_classes", least="8rem")
    shares = [
        widgets.number_input(
            f"share_{k}",
            f"Class {k}",
            (0.001, 1.0, share, 0.05),
            format="%.3g",
            place=column,
            help="What the network says of this class; divided by the sum of the three.",
        )
        for k, (column, share) in enumerate(zip(columns, _CLASSES, strict=False), 1)
    ]
    right = widgets.radio(
        "right_class",
        "Right class",
        [1, 2, 3],
        horizontal=True,
        place=columns[3],
        help="The class whose target is 1; that of the others is 0.",
    )
    found = class_errors(shares, right - 1)
    tiles = (
        Tile("Mean squared error", plain_number(found.squared, 4)),
        Tile("Cross-entropy", plain_number(found.crossentropy, 4)),
    )
    show_metrics("backpropagation_class_errors", tiles)
    st.markdown(text.classes_table(found))


def _explain_softmax() -> None:
    st.markdown(_SOFTMAX)
    z = widgets.slider(
        "softmax_logit",
        "Logit of class 1",
        (-6.0, 6.0, 2.0, 0.1),
        help="The logits of classes 2 and 3 stay at 1 and 0; class 1 is right.",
    )
    st.markdown(text.softmax_table(softmax_chain([z, 1.0, 0.0], 0)))
