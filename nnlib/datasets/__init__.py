"""Data sets: toy problems, bundled sets, arrays and tables, all as one `Dataset`.

pandas and scikit-learn are imported where they are used, so that importing this package is fast.
"""

from .arrays import from_arrays
from .catalog import DATASETS, load, load_reference
from .checks import ColumnSummary, check_table, summarize_columns
from .columns import guess_target, infer_task
from .dataset import Dataset
from .errors import DatasetError
from .preprocessing import ColumnDecision, TablePreprocessing
from .reading import Table, read_table
from .registry import DatasetInfo, Option
from .splitting import split_rows
from .tables import from_csv, from_frame

__all__ = [
    "DATASETS",
    "ColumnDecision",
    "ColumnSummary",
    "Dataset",
    "DatasetError",
    "DatasetInfo",
    "Option",
    "Table",
    "TablePreprocessing",
    "check_table",
    "from_arrays",
    "from_csv",
    "from_frame",
    "guess_target",
    "infer_task",
    "load",
    "load_reference",
    "read_table",
    "split_rows",
    "summarize_columns",
]
