"""Numbers of a step as formulas and matrices: LaTeX for the chain rule, HTML for the matrices."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nnlib.labs.chain_rule import ChainRule, Delta
from nnlib.labs.output_errors import ClassErrors, SoftmaxChain
from nnlib.labs.step_trace import StepTrace
from pages.shared.charts.numbers import latex_number, plain_number
from pages.shared.charts.theme import escape

Matrix = NDArray[np.floating[Any]]
DIGITS = 4
FORWARD, LOSS, BACKWARD, UPDATE = range(4)

MATRIX_STYLE = """<style>
.bp {display: flex; flex-wrap: wrap; align-items: center; gap: 0.4rem 0.7rem; margin: 0 0 0.9rem;}
.bp figure {margin: 0; text-align: center; max-width: 100%; overflow-x: auto;}
.bp figcaption {font-size: 0.95rem; opacity: 0.8; padding-bottom: 0.15rem; white-space: nowrap;}
.bp table {border-collapse: collapse; border-left: 2px solid; border-right: 2px solid;
  border-radius: 6px; font-variant-numeric: tabular-nums; font-size: 1.05rem; margin: 0 auto;}
.bp td {padding: 0.1rem 0.4rem; text-align: right; border: 0; white-space: nowrap;}
</style>"""


def short(value: float) -> str:
    """Return a number with four significant digits."""
    return plain_number(float(value), DIGITS)


def matrix_html(caption: str, matrix: Matrix) -> str:
    """Return one matrix with its name and shape; hovering over an entry shows all its digits."""
    rows = "".join(
        "<tr>" + "".join(f'<td title="{v:.17g}">{short(v)}</td>' for v in row) + "</tr>"
        for row in np.atleast_2d(matrix)
    )
    size = "×".join(str(n) for n in np.atleast_2d(matrix).shape)
    heading = f"<figcaption>{caption} <small>({size})</small></figcaption>"
    return f"<figure>{heading}<table>{rows}</table></figure>"


def row_html(*parts: str) -> str:
    """Return matrices and signs side by side."""
    return f'<div class="bp">{"".join(f"<div>{part}</div>" for part in parts)}</div>'


def forward_html(trace: StepTrace, layer: int) -> str:
    """Return z = a·W + b of a layer (from 1), or z = a·W, and what follows from it."""
    numbers, before = trace.layers[layer - 1], "X" if layer == 1 else _sub("A", layer - 1)
    last = layer == len(trace.layers)
    bias = ("+", matrix_html(_sub("b", layer), numbers.bias)) if trace.problem.biases else ()
    return row_html(
        matrix_html(before, trace.inputs_of(layer)),
        "·",
        matrix_html(_sub("W", layer), numbers.weight),
        *bias,
        "=",
        matrix_html(_sub("Z", layer), numbers.z),
        "→",
        matrix_html("P" if last else _sub("A", layer), numbers.a),
    )


def backward_html(trace: StepTrace, layer: int) -> str:
    """Return dL/dZ of a layer and the gradients of its weights and biases."""
    numbers = trace.layers[layer - 1]
    before = "X" if layer == 1 else _sub("A", layer - 1)
    start = [matrix_html(f"Δ<sub>{layer}</sub> = dL/d{_sub('Z', layer)}", numbers.delta)]
    if numbers.derivative is not None:
        start.append(matrix_html(f"f′({_sub('Z', layer)})", numbers.derivative))
    name = f"dL/d{_sub('W', layer)} = {before}<sup>T</sup>Δ<sub>{layer}</sub>"
    parts = [*start, matrix_html(name, numbers.weight_gradient)]
    if trace.problem.biases:
        parts.append(matrix_html(f"dL/d{_sub('b', layer)}", numbers.bias_gradient))
    return row_html(*parts)


def update_html(trace: StepTrace, layer: int) -> str:
    """Return W and b of a layer before and after the update."""
    numbers = trace.layers[layer - 1]
    pairs = [("W", numbers.weight, numbers.new_weight)]
    if trace.problem.biases:
        pairs.append(("b", numbers.bias, numbers.new_bias))
    parts = []
    for name, before, after in pairs:
        parts.append(matrix_html(f"{_sub(name, layer)} before", before))
        parts += ["→", matrix_html(f"{_sub(name, layer)} after", after)]
    return row_html(*parts)


def loss_html(trace: StepTrace) -> str:
    """Return targets, predictions and the term of each in the loss."""
    return row_html(
        matrix_html("Y", trace.targets),
        matrix_html("P", trace.layers[-1].a),
        matrix_html("terms of the loss", trace.loss_terms),
    )


def _sub(name: str, layer: int) -> str:
    return f"{name}<sub>{layer}</sub>"


def numpy_text(trace: StepTrace, reached: int) -> str:
    """Return every matrix shown so far as NumPy source, with all digits."""
    arrays: dict[str, Matrix] = {"X": trace.x, "Y": trace.targets}
    for index, layer in enumerate(trace.layers, 1):
        for stage, name, array in (
            (FORWARD, "W", layer.weight),
            (FORWARD, "b", layer.bias),
            (FORWARD, "Z", layer.z),
            (FORWARD, "A", layer.a),
            (BACKWARD, "delta", layer.delta),
            (BACKWARD, "dW", layer.weight_gradient),
            (BACKWARD, "db", layer.bias_gradient),
            (UPDATE, "W_after", layer.new_weight),
            (UPDATE, "b_after", layer.new_bias),
        ):
            if reached >= stage and (trace.problem.biases or "b" not in name):
                first, *rest = name.split("_")
                arrays["_".join([f"{first}{index}", *rest])] = array
    if reached >= LOSS:
        arrays["loss_terms"] = trace.loss_terms
    lines = [f"{name} = np.array({array.tolist()})" for name, array in arrays.items()]
    return "\n".join(["import numpy as np", "from numpy import inf, nan", "", *lines])


def number(value: float, *, factor: bool = False) -> str:
    """Return a number in LaTeX; negative ones in parentheses where they are factors."""
    if not np.isfinite(value):
        return rf"\text{{{escape(plain_number(float(value)))}}}"
    text = latex_number(float(value), DIGITS)
    return f"({text})" if factor and text.startswith("-") else text


def chain_rule_latex(rule: ChainRule) -> str:
    """Return the deltas from the output layer back: a layer's formula, then one line a unit."""
    lines, layer = [], 0
    for delta in rule.deltas:
        if delta.layer != layer:
            layer = delta.layer
            lines.append(_formula(delta))
        lines.append(
            rf"{_delta(layer, str(delta.unit))} &= {_factors(delta)} = {number(delta.value)}"
        )
    return r"\begin{aligned}" + r" \\[3pt] ".join(lines) + r"\end{aligned}"


def _formula(delta: Delta) -> str:
    layer = delta.layer
    if delta.derivative is None:
        factor = "" if delta.factor == 1 else rf"{number(delta.factor)} \cdot "
        slope = "" if delta.slope is None else r" \cdot p_k(1 - p_k)"
        return rf"{_delta(layer, 'k')} &= {factor}(p_k - y_k){slope}"
    product = rf"f'(z^{{({layer})}}_j) \cdot \textstyle\sum_k w^{{({layer + 1})}}_{{jk}} \cdot "
    return rf"{_delta(layer, 'j')} &= {product}{_delta(layer + 1, 'k')}"


def _factors(delta: Delta) -> str:
    if delta.derivative is None:
        factor = "" if delta.factor == 1 else rf"{number(delta.factor)} \cdot "
        slope = "" if delta.slope is None else rf" \cdot {number(delta.slope)}"
        error = f"({number(delta.prediction)} - {number(delta.target, factor=True)})"
        return f"{factor}{error}{slope}"
    terms = " + ".join(
        rf"{number(term.weight, factor=True)} \cdot {number(term.delta, factor=True)}"
        for term in delta.terms
    )
    return rf"{number(delta.derivative, factor=True)} \cdot \left[{terms}\right]"


def _delta(layer: int, unit: str) -> str:
    return rf"\delta^{{({layer})}}_{unit}"


def weight_latex(rule: ChainRule) -> str:
    """Return the last factor of the chain rule: activation times delta, summed over the batch."""
    p = rule.position
    delta = _delta(p.layer, str(p.target))
    sum_sign = r"\sum_n " if len(rule.activations) > 1 else ""
    if p.source:
        weight = rf"w^{{({p.layer})}}_{{{p.source}{p.target}}}"
        symbol = "x" if p.layer == 1 else rf"a^{{({p.layer - 1})}}"
        symbols = rf"{sum_sign}{symbol}_{p.source} \cdot {delta}"
    else:
        weight, symbols = rf"b^{{({p.layer})}}_{p.target}", rf"{sum_sign}1 \cdot {delta}"
    products = " + ".join(
        rf"{number(a, factor=True)} \cdot {number(d, factor=True)}"
        for a, d in zip(rule.activations, rule.unit_deltas, strict=True)
    )
    left = rf"\displaystyle\frac{{\partial L}}{{\partial {weight}}}"
    return rf"{left} = {symbols} = {products} = \mathbf{{{number(rule.gradient)}}}"


def softmax_table(chain: SoftmaxChain) -> str:
    """Return the factors of the softmax chain rule as a Markdown table."""
    head = "| class | z | p | y | dL/dp | Σ dL/dp · dp/dz | p − y |"
    rows = [
        f"| {k + 1} | "
        + " | ".join(
            short(array[k])
            for array in (
                chain.logits,
                chain.prediction,
                chain.target,
                chain.by_prediction,
                chain.by_logit,
                chain.engine,
            )
        )
        + " |"
        for k in range(len(chain.logits))
    ]
    return table(head, rows)


def classes_table(found: ClassErrors) -> str:
    """Return the terms of both losses of a prediction over classes as a Markdown table."""
    arrays = (found.prediction, found.target, found.squared_terms, found.entropy_terms)
    rows = [
        f"| {k + 1} | " + " | ".join(short(array[k]) for array in arrays) + " |"
        for k in range(len(found.prediction))
    ]
    return table("| class | p | y | (p − y)² | −y·log p |", rows)


def table(head: str, rows: Sequence[str]) -> str:
    """Return a Markdown table whose columns are aligned to the right."""
    return "\n".join([head, "|" + "---:|" * (head.count("|") - 1), *rows])
