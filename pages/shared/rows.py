"""Charts side by side, and numbers as tiles in a row; both wrap where there is no room."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from streamlit.delta_generator import DeltaGenerator

from pages.shared.charts.chart import Chart
from pages.shared.export import show_chart
from pages.shared.layout import wrapping_columns


class Tile(NamedTuple):
    """A number with its name, and below it in small print what to compare it with."""

    label: str
    value: str
    note: str = ""
    help: str | None = None


def show_row(key: str, *, least: str = "22rem", **charts: Chart) -> None:
    """Draw charts side by side, each under its own key.

    Parameters
    ----------
    key : of the row; unique on the page, of letters, digits and ``_``
    least : least width of a chart in CSS units
    **charts : by the key under which `show_chart` draws it, from left to right
    """
    columns = wrapping_columns(len(charts), key=key, least=least)
    for column, (chart_key, chart) in zip(columns, charts.items(), strict=True):
        with column:
            show_chart(chart, chart_key)


def show_grid(key: str, charts: Mapping[str, Chart], *, least: str = "22rem") -> None:
    """Draw any number of charts in rows of two; otherwise as `show_row`."""
    places: list[DeltaGenerator] = []
    for index, (chart_key, chart) in enumerate(charts.items()):
        if not index % 2:
            places = wrapping_columns(2, key=f"{key}_{index // 2}", least=least)
        with places[index % 2]:
            show_chart(chart, chart_key)


def show_metrics(key: str, tiles: Sequence[Tile], *, least: str = "8.5rem") -> None:
    """Draw tiles side by side; `key` and `least` as in `show_row`."""
    columns = wrapping_columns(len(tiles), key=key, least=least)
    for column, tile in zip(columns, tiles, strict=True):
        column.metric(
            tile.label,
            tile.value,
            tile.note or None,
            delta_color="off",
            delta_arrow="off",
            help=tile.help,
            border=True,
            height="stretch",
        )
