"""What a person decides about a table: hashable, so that it can be the key of a cache."""

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class TableOptions:
    """What is to be made of a table's columns and rows.

    Attributes
    ----------
    target : column to predict; `guess_target` chooses one if none is given
    task : {"binary", "multiclass", "regression", "classification"}; overrules what the target
        column suggests (`infer_task`)
    features : columns to learn from; all but the target if not given
    keep : features that are used although they look like identifiers or free text
    train_fraction, test_fraction : shares of the training and test split; validation is what
        remains
    seed : seed of the split
    split_by : column of which no value is in two splits: a repeated subject, or a time
    split : {"random", "groups", "time"}; how the rows are divided: each by itself; by groups with
        the same value of `split_by`, at random; or by time, the earliest for training. If not
        given, `split_by` decides: a column of dates divides by time, any other by groups. A column
        of groups is no feature unless it is in `keep`.
    drop_missing_target : leave out rows without a target value, which is told, rather than refuse
        the table
    sample_seed : if given, a table that is too long is used as a random sample of its rows; else
        refused
    """

    target: str | None = None
    task: str | None = None
    features: Sequence[str] | None = None
    keep: Sequence[str] = ()
    train_fraction: float = 0.8
    test_fraction: float = 0.0
    seed: int = 0
    split_by: str | None = None
    split: str | None = None
    drop_missing_target: bool = True
    sample_seed: int | None = None

    def __post_init__(self) -> None:
        for name in ("features", "keep"):
            value = getattr(self, name)
            object.__setattr__(self, name, None if value is None else tuple(value))
