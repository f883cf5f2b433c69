"""The chart of the Jacobian's spectrum: what all directions of a signal meet on the way back."""

from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from nnlib.labs.gradient_flow import Prediction
from nnlib.labs.gradient_flow_spectrum import InitialSpectrum
from pages.shared.charts import theme
from pages.shared.charts.chart import Chart
from pages.shared.gradient_flow.charts import LAYER, STYLES, THEORY, finish, layer_line

_COLORS = (3, 0, 2, 4)  # of the four quantities, among the class colors; 1 is theory's


def plot_spectrum(spectrum: InitialSpectrum, theory: Prediction | None) -> Chart:
    """Draw the singular values of ∂z_L/∂z_l over the layers l, as medians over the seeds.

    The theory is of their root mean square, by which a signal in a random direction is multiplied:
    so it is that of the relative signal.
    """
    title, y_title = "Singular values of the Jacobian, before training", "singular value"
    file = "jacobian-spectrum"
    quantities = spectrum.quantities()
    middle = {name: np.median(values, axis=0) for name, values in quantities.items()}
    if not any((np.isfinite(line) & (line > 0)).any() for line in middle.values()):
        reason = spectrum.reason or "no singular value is a finite number above 0"
        message = f"No spectrum: {reason}."
        return Chart(theme.empty_figure(title, LAYER, y_title, message), file)
    figure = theme.new_figure(title, LAYER, y_title, log_y=True)
    for (name, line), color in zip(middle.items(), _COLORS, strict=True):
        style = {"color": theme.CLASS_COLORS[color], "width": 2}
        figure.add_trace(layer_line(name, line, style) | {"mode": "lines+markers"})
    theories = {} if theory is None else {THEORY: theory.relative_signal}
    for name, line in theories.items():
        figure.add_trace(layer_line(name, line, STYLES[THEORY]))
    shown = np.concatenate([*middle.values(), *theories.values()])
    finish(figure, shown, spectrum.rank.shape[1])
    return Chart(figure, file, lambda: _table(quantities, theories))


def _table(quantities: dict[str, NDArray[Any]], theories: dict[str, NDArray[Any]]) -> pd.DataFrame:
    """Return rows ``layer, line, seed_number, singular_value``; theory has no seed."""
    rows: list[tuple[int, str, int | None, float]] = [
        (layer, name, seed, float(value))
        for name, values in quantities.items()
        for seed, row in enumerate(values, 1)
        for layer, value in enumerate(row, 1)
    ]
    for name, line in theories.items():
        rows += [(layer, name, None, float(value)) for layer, value in enumerate(line, 1)]
    return pd.DataFrame(rows, columns=["layer", "line", "seed_number", "singular_value"])
