"""Predict on a table with a saved model: ``python -m nnlib.predict model.npz new.csv``.

The predictions go to the standard output as CSV: each row of the table with the line it has in the
file, also those that cannot be predicted. What was odd about the table goes to the standard error.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING

from nnlib.datasets import DatasetError, Table, read_table
from nnlib.datasets.tables.options import options_of_values
from nnlib.datasets.tables.predictions import every_row, notes_on_gaps, prediction_frame
from nnlib.datasets.tables.writing import frame_to_csv
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


def predict_table(model: Model, table: Table) -> tuple[pd.DataFrame, tuple[str, ...]]:
    """Return predictions for every row of a file that was read, and sentences on what was odd.

    Parameters
    ----------
    model : see `predict_frame`
    table : what `nnlib.datasets.read_table` gave

    Returns
    -------
    predictions : as `predict_frame` gives them, behind a column "row" with the line of each row of
        the file; rows that were left out in reading, or of which the network gives no finite
        numbers, are empty
    notes : tuple of str, those on the reading first
    """
    predicted, notes = predict_frame(model, table.frame)
    gaps = notes_on_gaps(table, predicted)
    return every_row(table, predicted), (*table.notes, *notes, *gaps)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command; return 0, or 2 after saying in a sentence what is wrong."""
    parser = argparse.ArgumentParser(prog="python -m nnlib.predict", description=__doc__)
    parser.add_argument("model", help="a model saved by nnlib.save_model or by the dashboard")
    parser.add_argument("table", help="a CSV file with the columns of training")
    given = parser.parse_args(arguments)
    try:
        model = _load(given.model)
        table = read_table(given.table, **options_of_values(model.experiment.data.options))
        predictions, notes = predict_table(model, table)
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
        why = f" {error}" if isinstance(error, ValueError) else ""
        raise DatasetError(
            f"The model '{path}' cannot be read.{why}", "Give the path of a saved model."
        ) from error


if __name__ == "__main__":
    sys.exit(main())
