"""From a table to a `Dataset`: which column is the target, which task, which rows."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Sequence
from dataclasses import fields
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from numpy.typing import ArrayLike

from nnlib.datasets.dataset import Dataset
from nnlib.datasets.errors import DatasetError, listing
from nnlib.datasets.scaling import fit_scaling, no_scaling
from nnlib.datasets.splitting import Split, split_arrays

from .columns import guess_target
from .dividing import divide_rows
from .fitting import fit_preprocessing
from .limits import MAX_COLUMNS, MAX_INPUT_CELLS, MAX_ROWS
from .preprocessing import TablePreprocessing
from .reading import Source, read_table
from .table_options import TableOptions
from .targets import Target, read_target, target_decision, with_target

if TYPE_CHECKING:
    import pandas as pd


def from_csv(
    source: Source, target: str | None = None, *, name: str | None = None, **options: Any
) -> Dataset:
    """Make a data set of a CSV file: `read_table`, then `from_frame`.

    Parameters
    ----------
    source : see `read_table`
    target : column to predict
    name : the file's, without its ending, if not given
    **options : fields of `TableOptions`, and options of `read_table`
    """
    own = {field.name for field in fields(TableOptions)}
    chosen = TableOptions(target, **{key: options[key] for key in own & options.keys()})
    reading = {key: value for key, value in options.items() if key not in own}
    table = read_table(source, sample_seed=chosen.sample_seed, **reading)
    if name is None:
        path = source if isinstance(source, (str, os.PathLike)) else getattr(source, "name", "")
        name = Path(str(path)).stem or "table"
    return make_dataset(table.frame, chosen, name=name, notes=table.notes, row_numbers=table.lines)


def from_frame(
    frame: pd.DataFrame,
    target: str | None = None,
    *,
    name: str = "table",
    notes: Sequence[str] = (),
    **options: Any,
) -> Dataset:
    """Make a data set of a pandas table.

    Numbers are standardized, gaps in them filled with the median; dates become numbers, and
    categories one input each. All of it is learned from the training rows.
    `TablePreprocessing.decisions` tells what happened to each column.

    Parameters
    ----------
    target : column to predict; `guess_target` chooses one if none is given
    notes : notes on how the table was read, kept in front of the new ones
    **options : fields of `TableOptions`, for instance ``task="regression"`` or
        ``split_by="patient"``

    Raises
    ------
    DatasetError
        If the table cannot be learned from as asked.
    """
    return make_dataset(frame, TableOptions(target, **options), name=name, notes=notes)


def make_dataset(
    frame: pd.DataFrame,
    options: TableOptions,
    *,
    name: str = "table",
    notes: Sequence[str] = (),
    row_numbers: ArrayLike | None = None,
) -> Dataset:
    """Make a data set of a pandas table by options: what `from_frame` does.

    Parameters
    ----------
    row_numbers : array_like of int, optional
        What `Dataset.row_numbers` calls the rows; their places, from 1, if not given.
    """
    frame = _check_frame(frame, row_numbers)
    frame, sampled = _sample(frame, MAX_ROWS, "rows", options.sample_seed)
    said = [*notes, *sampled]
    target = options.target
    if target is None:
        target = guess_target(frame)
        said.append(f"The column '{target}' was taken as the target.")
    features = _check_columns(frame, target, options.features)
    frame, dropped = with_target(frame, target, options.task, options.drop_missing_target)
    made = _prepared(frame, target, features, options)
    inputs = len(made.preprocessing.feature_names)
    if len(frame) > (most := MAX_INPUT_CELLS // inputs):
        frame, sampled = _sample(frame, most, f"rows for {inputs:,} inputs", options.sample_seed)
        dropped += sampled
        made = _prepared(frame, target, features, options)
    return _dataset(frame, made, name, target, (*said, *dropped, *made.notes))


class _Prepared(NamedTuple):
    goal: Target
    rows: Split
    preprocessing: TablePreprocessing
    prepared: pd.DataFrame
    notes: list[str]


def _prepared(
    frame: pd.DataFrame, target: str, features: list[str], options: TableOptions
) -> _Prepared:
    """Divide the rows, and learn from the training ones what becomes of the columns."""
    goal = read_target(frame[target], options.task)
    rows, notes, aside = divide_rows(frame, goal, options)
    preprocessing, prepared, more = fit_preprocessing(
        frame, rows.train, features, target_decision(frame[target], goal), options.keep, aside
    )
    return _Prepared(goal, rows, preprocessing, prepared, [*goal.notes, *notes, *more])


def _dataset(
    frame: pd.DataFrame, made: _Prepared, name: str, target: str, notes: tuple[str, ...]
) -> Dataset:
    X, y, rows = made.preprocessing.features(made.prepared), made.goal.y, made.rows
    scaling = no_scaling(1)
    if made.goal.task == "regression":
        scaling = fit_scaling(y[rows.train].reshape(-1, 1))
    return Dataset(
        name=name,
        task=made.goal.task,
        **split_arrays(rows, X=X, y=y),
        feature_names=made.preprocessing.feature_names,
        class_names=made.goal.class_names,
        target_names=(target,),
        target_mean=scaling.mean,
        target_scale=scaling.scale,
        preprocessing=made.preprocessing,
        notes=notes,
        row_numbers=Split(*(frame.index.to_numpy()[part] for part in rows)),
    )


def _check_frame(frame: pd.DataFrame, row_numbers: ArrayLike | None) -> pd.DataFrame:
    """Return a table with text as column names and row numbers as its index.

    Refuses one that has too few or too many columns.
    """
    names = [str(name) for name in frame.columns]
    if len(names) < 2:
        raise DatasetError(
            f"The table has {len(names)} column{'' if len(names) == 1 else 's'}.",
            "It needs at least one feature and one target.",
        )
    if len(names) > MAX_COLUMNS:
        raise DatasetError(
            f"The table has {len(names):,} columns; the limit is {MAX_COLUMNS:,}.",
            "Use only the columns that are needed.",
        )
    repeated = sorted(name for name, count in Counter(names).items() if count > 1)
    if repeated:
        raise DatasetError(
            f"Several columns are called {listing(repeated)}.", "Give each column its own name."
        )
    numbers = range(1, len(frame) + 1) if row_numbers is None else row_numbers
    return frame.set_axis(names, axis=1).set_axis(np.asarray(numbers, dtype=np.int64), axis=0)


def _sample(
    frame: pd.DataFrame, most: int, what: str, seed: int | None
) -> tuple[pd.DataFrame, list[str]]:
    """Return at most so many rows, drawn by the seed and in their order, and a note."""
    if len(frame) <= most:
        return frame, []
    if seed is None:
        raise DatasetError(
            f"The table has {len(frame):,} rows; the limit is {most:,} {what}.",
            "Use a random part of its rows; that changes little in what can be seen.",
            over_limit=True,
        )
    drawn = np.sort(np.random.default_rng(seed).choice(len(frame), most, replace=False))
    note = f"A random sample of {most:,} of the {len(frame):,} rows is used."
    return frame.iloc[drawn], [note]


def _check_columns(frame: pd.DataFrame, target: str, features: Sequence[str] | None) -> list[str]:
    """Return the names of the feature columns."""
    asked = list(features) if features is not None else [c for c in frame.columns if c != target]
    known = set(frame.columns)
    unknown = [name for name in [target, *asked] if name not in known]
    if unknown:
        raise DatasetError(
            f"The table has no column {listing(unknown)}.",
            f"Its columns are {listing(frame.columns, limit=20)}.",
        )
    if target in asked:
        raise DatasetError(
            f"The column '{target}' cannot be both the target and a feature.",
            "Take it out of the features, or choose another target.",
        )
    if not asked:
        raise DatasetError("There are no feature columns.", "Choose at least one.")
    return list(dict.fromkeys(asked))
