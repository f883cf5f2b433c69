"""Files that were joined: later rows of names, which may add columns or change their order."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from nnlib.datasets.errors import listing

from .header import Names
from .survey import share_names


class Parts(NamedTuple):
    """The names of all columns, and what the rows of names among the data say.

    `columns` holds, below the row of names of each number, to which column each value belongs;
    None where the values stand as above. `headers` are the numbers of rows of names.
    """

    names: list[str]
    columns: Mapping[int, Sequence[int] | None]
    headers: frozenset[int]
    width: int
    notes: list[str]

    def widths(self, rows: NDArray[np.intp]) -> NDArray[np.intp]:
        """Return how many values each row may have."""
        most = np.full(len(rows), self.width)
        for number, order in sorted(self.columns.items()):
            most[rows >= number] = self.width if order is None else len(order)
        return most


def join_parts(
    headers: Mapping[int, list[str]], rows: NDArray[np.intp], named: Names, first: list[str]
) -> Parts:
    """Follow the rows of names among a table's rows.

    Parameters
    ----------
    headers : rows of names in the file, by number
    rows : ndarray of int
        The numbers of the table's rows, header included.
    named : what the header says
    first : the header's first row as written
    """
    names, width = list(named.names), len(named.names)
    columns: dict[int, Sequence[int] | None] = {}
    inside = set(rows[named.rows :].tolist()) if named.rows == 1 and headers else set()
    places = {cell.casefold(): i + named.shift for i, cell in enumerate(first)}
    for number in sorted(number for number in headers if number in inside):
        again = headers[number]
        if not share_names(first, again):
            continue
        if again == first:
            columns[number] = None
            continue
        for name in again:
            if name.casefold() not in places:
                places[name.casefold()] = len(names)
                names.append(name if name and name not in names else f"column {len(names) + 1}")
        columns[number] = [*range(named.shift), *(places[name.casefold()] for name in again)]
    added = names[width:]
    notes = [f"Names among the rows add columns: {listing(added)}."] if added else []
    return Parts(names, columns, frozenset(columns), width, notes)
