"""From a table to a `Dataset`: which column is the target, which task, which rows."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from .columns import guess_target, infer_task, kind_of, numbers_of, texts_of
from .dataset import Dataset
from .errors import DatasetError, listing
from .labels import encode_classes, settle_task
from .limits import MAX_COLUMNS, MAX_INPUT_CELLS, MAX_ROWS
from .preprocessing import ColumnDecision, fit_preprocessing
from .reading import Source, read_table
from .scaling import fit_scaling, no_scaling
from .splitting import split_rows

if TYPE_CHECKING:
    import pandas as pd

MAX_CLASSES = 200


class _Target(NamedTuple):
    task: str
    y: NDArray[Any]
    class_names: tuple[str, ...]
    notes: list[str]


def from_csv(
    source: Source,
    target: str | None = None,
    *,
    task: str | None = None,
    features: Sequence[str] | None = None,
    keep: Sequence[str] = (),
    name: str | None = None,
    train_fraction: float = 0.8,
    test_fraction: float = 0.0,
    seed: int = 0,
    drop_missing_target: bool = False,
    sample_seed: int | None = None,
    delimiter: str | None = None,
    encoding: str | None = None,
    header: bool | None = None,
) -> Dataset:
    """Make a data set of a CSV file: `read_table`, then `from_frame`.

    The name is the file's, without its ending, if none is given.
    """
    table = read_table(
        source, delimiter=delimiter, encoding=encoding, header=header, sample_seed=sample_seed
    )
    if name is None:
        path = source if isinstance(source, (str, os.PathLike)) else getattr(source, "name", "")
        name = Path(str(path)).stem or "table"
    return from_frame(
        table.frame,
        target,
        task=task,
        features=features,
        keep=keep,
        name=name,
        train_fraction=train_fraction,
        test_fraction=test_fraction,
        seed=seed,
        drop_missing_target=drop_missing_target,
        sample_seed=sample_seed,
        notes=table.notes,
    )


def from_frame(
    frame: pd.DataFrame,
    target: str | None = None,
    *,
    task: str | None = None,
    features: Sequence[str] | None = None,
    keep: Sequence[str] = (),
    name: str = "table",
    train_fraction: float = 0.8,
    test_fraction: float = 0.0,
    seed: int = 0,
    drop_missing_target: bool = False,
    sample_seed: int | None = None,
    notes: Sequence[str] = (),
) -> Dataset:
    """Make a data set of a pandas table.

    Numbers are standardized, gaps in them filled with the median; dates become numbers, and
    categories one input each. All of it is learned from the training rows.
    `Dataset.preprocessing.decisions` tells what happened to each column.

    Parameters
    ----------
    frame : DataFrame
    target : str, optional
        Column to predict; `guess_target` chooses one if none is given.
    task : {"binary", "multiclass", "regression", "classification"}, optional
        Overrules what the target column suggests (`infer_task`).
    features : sequence of str, optional
        Columns to learn from; all but the target if not given.
    keep : sequence of str
        Features that are used although they look like identifiers or free text.
    name : str
    train_fraction, test_fraction : float
        Shares of the training and test split; validation is what remains.
    seed : int
        Seed of the split.
    drop_missing_target : bool
        Leave out rows without a target value, rather than refuse the table.
    sample_seed : int, optional
        If given, a table that is too long is used as a random sample of its rows; else refused.
    notes : sequence of str
        Notes on how the table was read, kept in front of the new ones.

    Raises
    ------
    DatasetError
        If the table cannot be learned from as asked.
    """
    frame = _check_frame(frame)
    frame, sampled = _sample(frame, MAX_ROWS, "rows", sample_seed)
    said = [*notes, *sampled]
    if target is None:
        target = guess_target(frame)
        said.append(f"The column '{target}' was taken as the target.")
    columns = _check_columns(frame, target, features)
    frame, dropped = _with_target(frame, target, task, drop_missing_target)
    goal = _read_target(frame[target], task)
    codes = None if goal.task == "regression" else goal.y
    rows = split_rows(
        len(frame),
        train_fraction=train_fraction,
        test_fraction=test_fraction,
        seed=seed,
        codes=codes,
    )
    decision = _target_decision(frame[target], goal)
    preprocessing, prepared, more = fit_preprocessing(frame, rows.train, columns, decision, keep)
    most = MAX_INPUT_CELLS // len(preprocessing.feature_names)
    if len(frame) > most:
        inputs = f"rows for {len(preprocessing.feature_names):,} inputs"
        part, sampled = _sample(frame, most, inputs, sample_seed)
        return from_frame(
            part,
            target,
            task=task,
            features=features,
            keep=keep,
            name=name,
            train_fraction=train_fraction,
            test_fraction=test_fraction,
            seed=seed,
            drop_missing_target=drop_missing_target,
            notes=[*said, *dropped, *sampled],
        )
    X = preprocessing.features(prepared)
    scaling = no_scaling(1)
    if goal.task == "regression":
        scaling = fit_scaling(goal.y[rows.train].reshape(-1, 1))
    return Dataset(
        name=name,
        task=goal.task,
        X_train=X[rows.train],
        X_val=X[rows.val],
        X_test=X[rows.test],
        y_train=goal.y[rows.train],
        y_val=goal.y[rows.val],
        y_test=goal.y[rows.test],
        feature_names=preprocessing.feature_names,
        class_names=goal.class_names,
        target_names=(target,),
        target_mean=scaling.mean,
        target_scale=scaling.scale,
        preprocessing=preprocessing,
        notes=(*said, *dropped, *goal.notes, *more),
    )


def _check_frame(frame: pd.DataFrame) -> pd.DataFrame:
    """Return a table with text as column names; refuse one that is too small or too large."""
    names = [str(name) for name in frame.columns]
    repeated = sorted({name for name in names if names.count(name) > 1})
    if repeated:
        raise DatasetError(
            f"Several columns are called {listing(repeated)}.", "Give each column its own name."
        )
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
    return frame.set_axis(names, axis=1).reset_index(drop=True)


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
    return frame.iloc[drawn].reset_index(drop=True), [note]


def _check_columns(frame: pd.DataFrame, target: str, features: Sequence[str] | None) -> list[str]:
    """Return the names of the feature columns."""
    asked = list(features) if features is not None else [c for c in frame.columns if c != target]
    unknown = [name for name in [target, *asked] if name not in frame.columns]
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


def _with_target(
    frame: pd.DataFrame, target: str, task: str | None, drop: bool
) -> tuple[pd.DataFrame, list[str]]:
    """Return the rows that have a target value, and a note if there are others."""
    missing = _missing_targets(frame[target], task)
    count = int(missing.sum())
    if count == len(frame):
        raise DatasetError(
            f"The target column '{target}' has no values.", "Choose another target column."
        )
    if count and not drop:
        raise DatasetError(
            f"The target column '{target}' has no usable value in {count:,} of {len(frame):,} "
            "rows.",
            "Fill in these values, leave out their rows, or choose another target column.",
        )
    if not count:
        return frame, []
    note = f"{count:,} of {len(frame):,} rows were left out: they have no value of '{target}'."
    return frame[~missing].reset_index(drop=True), [note]


def _missing_targets(column: pd.Series[Any], task: str | None) -> NDArray[np.bool_]:
    """Which rows have no target; among quantities, text such as "unknown" is none."""
    import pandas as pd

    missing = column.isna().to_numpy()
    if missing.all() or kind_of(column) != "number":
        return missing
    if pd.api.types.is_numeric_dtype(column.dtype) or (task or infer_task(column)) == "regression":
        return np.isnan(numbers_of(column)[0])
    return missing


def _read_target(column: pd.Series[Any], task: str | None) -> _Target:
    distinct = int(column.nunique())
    if distinct < 2:
        raise DatasetError(
            f"The target column '{column.name}' has the same value in every row.",
            "Choose another target column, one that varies.",
        )
    settled = settle_task(task, infer_task(column), distinct)
    if settled == "regression":
        return _Target(settled, _read_quantities(column), (), [])
    if distinct > MAX_CLASSES or 2 * distinct > len(column):
        raise DatasetError(
            f"The target column '{column.name}' has {distinct:,} different values in "
            f"{len(column):,} rows, too many for classes.",
            "Choose a target whose values repeat, or regression if they are numbers.",
        )
    codes, names = encode_classes(texts_of(column))
    single = [names[code] for code in np.flatnonzero(np.bincount(codes) == 1)]
    notes = []
    if single:
        notes.append(
            f"Classes with one row only are used for training, never for validation: "
            f"{listing(single)}."
        )
    return _Target("multiclass" if len(names) > 2 else settled, codes, names, notes)


def _read_quantities(column: pd.Series[Any]) -> NDArray[np.float64]:
    numbers, strays = numbers_of(column)
    if np.isnan(numbers).any():
        raise DatasetError(
            f"The target column '{column.name}' holds text ({listing(strays, limit=3)}), and "
            "regression needs numbers.",
            "Choose classification, or another target column.",
        )
    return numbers


def _target_decision(column: pd.Series[Any], goal: _Target) -> ColumnDecision:
    classes = f"target: {len(goal.class_names)} classes"
    action = "target: standardized" if goal.task == "regression" else classes
    return ColumnDecision(str(column.name), "target", 0, int(column.nunique()), action, 0)
