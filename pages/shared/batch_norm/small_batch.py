"""A small batch whose numbers are typed: every number of batch normalization can be followed."""

import numpy as np
import streamlit as st
from numpy.typing import NDArray

from nnlib.labs.batch_statistics import NormalizedFeatures, normalize_features
from pages.shared import widgets
from pages.shared.batch_norm import charts_small_batch as charts
from pages.shared.batch_norm.presets import BETA, GAMMA, NUMBERS
from pages.shared.export import show_chart
from pages.shared.layout import show_error, wrapping_columns

MOST_EXAMPLES, MOST_FEATURES, LARGEST = 12, 6, 1e6


def parse_rows(text: str) -> NDArray[np.float64]:
    """Return numbers with commas or blanks between them and “;” between rows, (rows, columns).

    Raises ValueError with a sentence for people.
    """
    rows = [row.replace(",", " ").split() for row in text.split(";") if row.strip()]
    if not rows or len({len(row) for row in rows}) > 1:
        raise ValueError("Every row needs as many numbers as the others, with “;” between rows.")
    try:
        values = np.array(rows, np.float64)
    except ValueError:
        raise ValueError("Not all of these are numbers, such as 2, -1 or 0.5.") from None
    if not (np.abs(values) <= LARGEST).all():
        raise ValueError(f"Numbers may be at most {LARGEST:,.0f} in size.")
    if len(values) > MOST_EXAMPLES or values.shape[1] > MOST_FEATURES:
        raise ValueError(
            f"There may be at most {MOST_EXAMPLES} examples and {MOST_FEATURES} features."
        )
    return values


def _choose_batch() -> NormalizedFeatures | None:
    """Draw the fields of the numbers; None where they do not fit, which is said."""
    with st.sidebar:
        st.subheader("Small batch", anchor=False)
        numbers = widgets.text_input(
            "numbers",
            "Examples",
            NUMBERS,
            help="The numbers of an example with commas between them, “;” between examples.",
            max_chars=500,
        )
        gamma = widgets.text_input(
            "gammas", "γ of each feature", GAMMA, help="One scale a feature.", max_chars=100
        )
        beta = widgets.text_input(
            "betas", "β of each feature", BETA, help="One shift a feature.", max_chars=100
        )
    try:
        return normalize_features(parse_rows(numbers), parse_rows(gamma)[0], parse_rows(beta)[0])
    except ValueError as error:
        show_error(error)
        return None


def show_small_batch() -> None:
    """Draw a typed batch before and after, with every number on the way."""
    batch = _choose_batch()
    if batch is None:
        return
    left, right = wrapping_columns(2, key="small_batch_columns")
    with left:
        show_chart(charts.plot_small_batch(batch), key="small_batch")
    with right:
        _show_statistics(batch)
    _show_values(batch)


def _show_statistics(batch: NormalizedFeatures) -> None:
    number = st.column_config.NumberColumn
    st.dataframe(
        charts.statistics_table(batch),
        hide_index=True,
        column_config={
            "feature": "Feature",
            "mean": number("Mean μ", format="%.4f"),
            "variance": number(
                "Variance σ²", format="%.4f", help="The sum of squares divided by the batch size."
            ),
            "gamma": "γ",
            "beta": "β",
            "running_mean": number("Running mean", format="%.4f"),
            "running_variance": number("Running variance", format="%.4f"),
        },
    )
    st.caption(
        "Every feature is normalized by itself, over the examples. Running statistics after this "
        "one batch: a tenth of the way from mean 0 and variance 1 to the batch's mean and unbiased "
        "variance (divided by B − 1)."
    )


def _show_values(batch: NormalizedFeatures) -> None:
    number = st.column_config.NumberColumn
    st.dataframe(
        charts.small_batch_table(batch),
        hide_index=True,
        column_config={
            "example": "Example",
            "feature": "Feature",
            "x": "x",
            "standardized": number("(x − μ) / √(σ² + ε)", format="%.4f"),
            "y": number("y = γ · that + β", format="%.4f"),
            "y_evaluation": number(
                "y in evaluation", format="%.4f", help="By the running statistics of this batch."
            ),
        },
    )
