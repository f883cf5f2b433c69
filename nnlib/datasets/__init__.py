"""Data sets: toy problems, bundled sets, arrays and tables, all as one `Dataset`.

pandas and scikit-learn are imported where they are used, so that importing this package is fast.
"""

from nnlib.datasets.tables.checks import ColumnSummary, check_table, summarize_columns
from nnlib.datasets.tables.columns import guess_target, infer_task
from nnlib.datasets.tables.dataset_of import from_csv, from_frame, make_dataset
from nnlib.datasets.tables.preprocessing import ColumnDecision, TablePreprocessing
from nnlib.datasets.tables.reading import Table, read_table
from nnlib.datasets.tables.table_options import TableOptions

from .arrays import from_arrays
from .catalog import DATASETS, load, load_reference
from .dataset import Dataset
from .errors import DatasetError
from .registry import DatasetInfo, Option
from .splitting import split_rows

__all__ = [
    "DATASETS",
    "ColumnDecision",
    "ColumnSummary",
    "Dataset",
    "DatasetError",
    "DatasetInfo",
    "Option",
    "Table",
    "TableOptions",
    "TablePreprocessing",
    "check_table",
    "from_arrays",
    "from_csv",
    "from_frame",
    "guess_target",
    "infer_task",
    "load",
    "load_reference",
    "make_dataset",
    "read_table",
    "split_rows",
    "summarize_columns",
]
