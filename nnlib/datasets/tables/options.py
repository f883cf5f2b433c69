"""What a person may settle about how a file is read."""

import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, TypedDict, cast

from nnlib.datasets.errors import DatasetError

KINDS = ("text", "number", "date")


class ReadingOptions(TypedDict, total=False):
    r"""What a person has settled; all else is found out.

    Attributes
    ----------
    delimiter : what stands between the values, one or more characters; ``"\s+"`` for blanks
    encoding : any that Python knows; else UTF-8, what a byte order mark says, or a guess by the
        letters
    quote : the quotation mark; an empty string if there is none
    decimal : {".", ","}; the decimal mark of all columns
    skip_lines : lines before the table
    header : whether the first row names the columns
    header_rows : how many rows name the columns together
    unnamed : {"first", "last"}; which column has no name where there is one name too few, or which
        name has no column where there is one too many
    table : which table of several, from 1; else the largest
    totals : whether rows of totals at the end are data
    missing : the words that mean "no value", in any case, beside the empty cell
    kinds : what columns are, by name: "text" (also codes), "number" or "date"
    latest_year : no year of two digits is later; else the present one
    """

    delimiter: str | None
    encoding: str | None
    quote: str | None
    decimal: str | None
    skip_lines: int | None
    header: bool | None
    header_rows: int | None
    unnamed: str | None
    table: int | None
    totals: bool
    missing: Sequence[str] | None
    kinds: Mapping[str, str]
    latest_year: int


_OF_VALUES = ("decimal", "missing", "kinds", "latest_year")


def options_of_values(kept: Iterable[tuple[str, object]]) -> ReadingOptions:
    """Return how values are read, out of what an experiment keeps of its data.

    A second file is read by them as the first was, whatever delimiter or header it has.

    Parameters
    ----------
    kept : pairs of a name and a value
        As `DataReference.options`: lists and mappings are JSON texts; other names do not count.
    """
    options: dict[str, Any] = {}
    for name, value in kept:
        if name in ("missing", "kinds"):
            try:
                options[name] = json.loads(str(value))
            except ValueError:
                raise DatasetError(
                    f"The experiment does not say as JSON what '{name}' is.",
                    "Train again and save that model.",
                ) from None
        elif name in _OF_VALUES:
            options[name] = value
    return cast("ReadingOptions", options)


def checked(options: ReadingOptions) -> ReadingOptions:
    """Return the options with `header` as a number of rows.

    Raises
    ------
    TypeError
        If there is no option of that name.
    DatasetError
        If a value is none of those that an option has.
    """
    unknown = set(options) - set(ReadingOptions.__annotations__)
    if unknown:
        raise TypeError(f"read_table has no option {', '.join(sorted(unknown))}")
    kinds = options.get("kinds", {})
    choices = {
        "decimal": (options.get("decimal"), (".", ",")),
        "unnamed": (options.get("unnamed"), ("first", "last")),
        **{f"kind of '{name}'": (kind, KINDS) for name, kind in kinds.items()},
    }
    for what, (value, allowed) in choices.items():
        if value is not None and value not in allowed:
            raise DatasetError(
                f"The {what} cannot be {value!r}.", f"Choose one of {', '.join(allowed)}."
            )
    options = options.copy()
    header = options.pop("header", None)
    if options.get("header_rows") is None and header is not None:
        options["header_rows"] = int(header)
    return options
