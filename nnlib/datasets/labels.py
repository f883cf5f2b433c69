"""Targets: what kind of task they ask for, and class labels as codes and names."""

import re
from collections import Counter
from collections.abc import Sequence
from math import isfinite, nan
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .errors import DatasetError, listing

MAX_INTEGER_CLASSES = 20  # whole numbers with more distinct values than this are quantities
TASK_CHOICES = ("binary", "multiclass", "regression", "classification")


def class_name(label: object) -> str:
    """Write a class label the way a person would: ``3.0`` as "3", text without outer blanks."""
    if isinstance(label, (float, np.floating)) and float(label).is_integer():
        return str(int(label))
    return str(label).strip()


def natural_key(name: str) -> tuple[tuple[int, float, str], ...]:
    """Sort key by which "class 2" comes before "class 10", and "-1" before "0".

    Lower case counts like upper case, except between names that are otherwise equal.
    """
    try:
        number = float(name)
    except ValueError:
        number = nan
    if isfinite(number):  # a person named Nan is a word, and NaN has no place in an order
        return ((0, number, name),)
    parts = re.split(r"([0-9]+)", name.casefold())
    key = [(0, float(part), "") if part.isdecimal() else (1, 0.0, part) for part in parts]
    return (*key, (1, 0.0, name))


def encode_classes(
    labels: Sequence[object] | NDArray[Any], class_names: Sequence[str] | None = None
) -> tuple[NDArray[np.int64], tuple[str, ...]]:
    """Turn class labels into codes.

    Parameters
    ----------
    labels : text, numbers or booleans
    class_names : names in the order of the codes. Labels are either these names, or the codes 0 to
        K - 1 themselves. Without it the names are the labels, naturally sorted.

    Returns
    -------
    codes : ndarray of int64, shape (n,)
    names : tuple of str

    Raises
    ------
    DatasetError
        If there are fewer than two classes, or labels that are not among `class_names`.
    """
    texts = [class_name(label) for label in labels]
    counts = Counter(texts)
    if len(counts) < 2:
        raise DatasetError(
            f"The target has only one class, {listing(counts)}.",
            "Provide rows of at least two classes, or choose another target.",
        )
    names = sorted(counts, key=natural_key) if class_names is None else list(class_names)
    code_of = {name: code for code, name in enumerate(names)}
    if class_names is not None and not counts.keys() <= code_of.keys():
        code_of = {str(code): code for code in range(len(names))}
    unknown = sorted(counts.keys() - code_of.keys(), key=natural_key)
    if unknown:
        raise DatasetError(
            f"The target has labels that are none of the {len(names)} class names: "
            f"{listing(unknown)}.",
            "List every class, or leave the class names out.",
        )
    return np.array([code_of[text] for text in texts], dtype=np.int64), tuple(map(str, names))


def infer_task_of_values(values: NDArray[Any]) -> str:
    """Tell from the distinct values of one target column what is to be learned.

    Text and booleans are classes. Whole numbers are classes if there are at most 20 distinct
    ones, each on two rows on average; other whole numbers and all fractions are quantities.

    Parameters
    ----------
    values : shape (n,); text or objects, booleans, integers or floats. Floats are taken as
        quantities.

    Returns
    -------
    {"binary", "multiclass", "regression"}
    """
    if values.dtype.kind == "f":
        return "regression"
    distinct = len(set(map(class_name, values.tolist())))
    if values.dtype.kind in "iu" and (distinct > MAX_INTEGER_CLASSES or 2 * distinct > len(values)):
        return "regression"
    return "multiclass" if distinct > 2 else "binary"


def settle_task(requested: str | None, inferred: str, n_classes: int) -> str:
    """Combine what was asked for with what the data say.

    Parameters
    ----------
    requested : {"binary", "multiclass", "regression", "classification"} or None
    inferred : {"binary", "multiclass", "regression"}
    n_classes : number of distinct target values

    Raises
    ------
    DatasetError
        If the request is unknown or the data cannot serve it.
    """
    if requested is None:
        return inferred
    if requested not in TASK_CHOICES:
        raise DatasetError(
            f"There is no task '{requested}'.", f"Choose one of {listing(TASK_CHOICES)}."
        )
    if requested == "binary" and n_classes > 2:
        raise DatasetError(
            f"The target has {n_classes} distinct values, too many for a binary task.",
            "Choose the task 'multiclass', or another target.",
        )
    if requested == "classification":
        return "multiclass" if n_classes > 2 else "binary"
    return requested
