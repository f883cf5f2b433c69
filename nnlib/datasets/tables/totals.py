"""Rows of totals at the end of a table, which are no data."""

from collections.abc import Sequence

_WORDS = frozenset({
    "total", "totals", "grand total", "overall total", "subtotal", "sum", "sums", "average", "mean",
    "gesamt", "gesamtsumme", "summe", "insgesamt", "mittelwert", "durchschnitt", "totale", "somma",
    "somme", "moyenne", "suma", "promedio", "soma", "totaal", "gemiddelde", "summa", "razem",
})  # fmt: skip
_MOST = 3
_FEWEST = 3  # rows of data above


def last_totals(rows: Sequence[Sequence[str]]) -> int:
    """Return how many rows at the end hold totals.

    Such a row is called "Total" or the like in its first cell that is not empty, and no row above
    is called so in that column.
    """
    count = 0
    while count < _MOST and len(rows) > count + _FEWEST and _place(rows[-count - 1]) is not None:
        count += 1
    for row in rows[len(rows) - count :]:
        place = _place(row)
        if any(_word(other[place or 0]) in _WORDS for other in rows[: len(rows) - count]):
            return 0
    return count


def _place(row: Sequence[str]) -> int | None:
    """Return in which column the row is called a total; a number stands beside it."""
    for i, cell in enumerate(row):
        if cell.strip():
            numbers = any(sign.isdigit() for other in row[i + 1 :] for sign in other)
            return i if _word(cell) in _WORDS and numbers else None
    return None


def _word(cell: str) -> str:
    return cell.strip().rstrip(":").casefold()
