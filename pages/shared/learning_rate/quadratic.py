"""What the Learning rate page shows of the quadratic, next to the theory."""

import pandas as pd
import streamlit as st

from nnlib.labs.descent import descend
from nnlib.labs.learning_rates import BEST_RATE, CURVATURE, QUADRATIC, STABILITY_LIMIT
from pages.shared.export import show_chart
from pages.shared.layout import wrapping_columns
from pages.shared.learning_rate import charts_quadratic as quadratic
from pages.shared.learning_rate.controls import QuadraticSettings


def show_quadratic(settings: QuadraticSettings) -> None:
    """Run gradient descent at every rate and draw the paths, next to the theory."""
    runs = {
        rate: descend(QUADRATIC, (settings.start,), rate, tolerance=0.0, max_steps=settings.steps)
        for rate in settings.rates
    }
    st.markdown(
        rf"${QUADRATIC.formula}$ has $f'' = {CURVATURE:g}$ everywhere, so a step multiplies the "
        rf"distance from the minimum at $x = -1$ by $1 - \eta f''$. It shrinks for "
        rf"$0 < \eta < 2/f'' = {STABILITY_LIMIT:g}$: that is the **stability limit**. At the limit "
        rf"the factor is $-1$ and $x$ jumps to and fro for ever; at $\eta = 1/f'' = {BEST_RATE:g}$ "
        "the factor is 0, and one step arrives."
    )
    show_chart(quadratic.plot_paths(runs), "paths")
    left, right = wrapping_columns(2, key="quadratic_lines")
    with left:
        show_chart(quadratic.plot_losses(runs), "quadratic_losses")
        show_chart(quadratic.plot_factor(runs), "factor")
    with right:
        show_chart(quadratic.plot_gradients(runs), "quadratic_gradients")
        _factor_table(quadratic.factors_table(runs))
    st.caption(
        "A loss of exactly 0 has no place on a logarithmic axis: the line of a path that arrives "
        "ends at the step before. Values beyond 10⁷ and below 10⁻⁹ are outside those charts; "
        "points with f(x) above 30, or x outside −8 to 6, are outside the panels."
    )


def _factor_table(table: pd.DataFrame) -> None:
    st.dataframe(
        table,
        hide_index=True,
        column_config={
            "learning_rate": st.column_config.NumberColumn("Rate η", format="%.4g"),
            "factor": st.column_config.NumberColumn(
                "Factor 1 − η f″", format="%.4g", help="What a step multiplies x + 1 by."
            ),
            "behavior": "Path",
            "steps": st.column_config.NumberColumn("Steps", help="Made until the path ended."),
            "last_x": st.column_config.NumberColumn("Last x", format="%.4g"),
            "last_loss": st.column_config.NumberColumn("Last loss", format="%.3g"),
        },
    )
