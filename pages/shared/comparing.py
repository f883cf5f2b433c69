"""What every page shows of a comparison: losses and gradients of its arms, and what is noise."""

from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd
import streamlit as st

from nnlib.comparison import Arm
from pages.shared.charts import comparison as charts
from pages.shared.rows import show_row


def show_arms(arms: Sequence[Arm], losses: str, gradients: str) -> None:
    """Draw losses and gradient norms of arms under these titles."""
    show_row(
        "arms",
        arm_losses=charts.plot_loss_curves(arms, losses),
        arm_gradients=charts.plot_gradient_panels(arms, gradients),
    )


def show_differences(arms: Sequence[Arm], what: str = "Setting", name: str = "train_loss") -> None:
    """Write down the last records of each arm, and whether it differs from the first.

    Parameters
    ----------
    arms : the first is what the others are compared with
    what : what the arms are
    name : the series whose last records are compared
    """
    show_table(charts.differences_table(arms, name), arms[0].label, {"setting": what})


def show_table(table: pd.DataFrame, first: str, columns: Mapping[str, Any]) -> None:
    """Draw a table that has the columns of `differences_table`, and further ones.

    Parameters
    ----------
    first : the label of the arm that the others are compared with
    columns : what the further columns are, and the settings
    """
    number = st.column_config.NumberColumn
    st.dataframe(
        table,
        hide_index=True,
        column_config={
            "median": number("Final loss, median", format="%.4g"),
            "lowest": number("Lowest seed", format="%.4g"),
            "highest": number("Highest seed", format="%.4g"),
            "outcome": st.column_config.TextColumn("Outcome", help=charts.OUTCOME_NOTE),
            "difference": st.column_config.TextColumn(
                f"Against {first}", help=charts.NOISE_NOTE.replace("*", "")
            ),
        }
        | dict(columns),
    )
