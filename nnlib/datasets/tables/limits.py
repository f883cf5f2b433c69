"""How large a table may be, in one place; the pages say so in words."""

MEGABYTE = 10**6
"""As browsers and Streamlit's upload widget count."""

MAX_BYTES = 50 * MEGABYTE
"""Size of a file, as it is and unpacked. Its text needs up to eight times as much memory."""
MAX_ROWS = 200_000
MAX_COLUMNS = 2_000
"""Columns of a table, and inputs of the network that its columns become."""
MAX_CELLS = 4_000_000
"""Cells of a table; a longer one is read as a random sample of its rows."""
MAX_INPUT_CELLS = 20_000_000
"""Rows times inputs of the network; they need up to 400 MB while they are made."""
MAX_WORKBOOK_CELLS = 1_000_000
"""A workbook is read a quarter of a million cells a second."""


def most_rows(columns: int) -> int:
    """Return how many rows of so many columns are read at most."""
    return max(1, min(MAX_ROWS, MAX_CELLS // max(columns, 1)))
