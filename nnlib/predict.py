"""Predict on a table with a saved model: ``python -m nnlib.predict model.npz new.csv``.

The predictions go to the standard output as CSV, one line a row of the table; what was odd about
the table goes to the standard error.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING

from nnlib.datasets import DatasetError, read_table
from nnlib.datasets.writing import frame_to_csv, prediction_frame
from nnlib.model import Model, load_model

if TYPE_CHECKING:
    import pandas as pd


def predict_frame(model: Model, frame: pd.DataFrame) -> tuple[pd.DataFrame, tuple[str, ...]]:
    """Return predictions for the rows of a table, and sentences on what was odd about it.

    Parameters
    ----------
    model : with its preprocessing, as saved from a run on a table or on texts
    frame : the columns of training, in any order; the one to predict may be left out

    Returns
    -------
    predictions : "predicted" and one column of probabilities a class, or the predicted values
    notes : tuple of str

    Raises
    ------
    DatasetError
        if the model knows no table, or the table does not fit it
    """
    if model.preprocessing is None:
        raise DatasetError(
            "This model was not trained on a table, so it cannot prepare one.",
            "Train on a CSV file, and save that model.",
        )
    features, notes = model.preprocessing.transform_with_notes(frame)
    return prediction_frame(model, features), notes


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command; return 0, or 2 after saying in a sentence what is wrong."""
    parser = argparse.ArgumentParser(prog="python -m nnlib.predict", description=__doc__)
    parser.add_argument("model", help="a model saved by nnlib.save_model or by the dashboard")
    parser.add_argument("table", help="a CSV file with the columns of training")
    given = parser.parse_args(arguments)
    try:
        frame = read_table(given.table).frame
        predictions, notes = predict_frame(_load(given.model), frame)
    except DatasetError as error:
        print(f"{error.problem} {error.hint}", file=sys.stderr)
        return 2
    for note in notes:
        print(note, file=sys.stderr)
    sys.stdout.buffer.write(frame_to_csv(predictions))
    return 0


def _load(path: str) -> Model:
    try:
        return load_model(path)
    except (OSError, ValueError) as error:
        raise DatasetError(
            f"The model '{path}' cannot be read.", "Give the path of a saved model."
        ) from error


if __name__ == "__main__":
    sys.exit(main())
