"""Cells that used to be read wrongly without a word: their values, and what is said of them."""

from __future__ import annotations

import math

import numpy as np
import pytest
from csv_cases import COUNT, LONG_IDS, Case, N, check, column, cycle, semicolons, table

from nnlib.datasets import DatasetError, from_csv, read_table

CASES: dict[str, Case] = {
    # labels that are spelled like "missing"
    "Namibia": Case(column(["NA", "ZA", "BW"]), {"v": cycle(["NA", "ZA", "BW"], N)}, "'NA' read"),
    "North America": Case(
        column(["EU", "NA", "AS", "AF"]), {"v": cycle(["EU", "NA", "AS", "AF"], N)}, "'NA' read"
    ),
    "codes with gaps as of R": Case(
        table("v,a,y", [f"{v},{'NA' if i == 3 else i},{i % 2}" for i, v in enumerate(
            cycle(["CA", "NY", "NA"], N))]),
        {"v": cycle(["CA", "NY", None], N)}, "'NA' read as a missing value",
    ),
    "no seat belt": Case(column(["none", "belted"]), {"v": cycle(["none", "belted"], N)}, "'none'"),
    "no garage": Case(column(["None", "Attchd"]), {"v": cycle(["None", "Attchd"], N)}, "'None'"),
    "no value among numbers": Case(
        column(["none", *range(1, 12)]), {"v": cycle([None, *range(1, 12)], N)}
    ),
    "no truth": Case(column(["none", "true", "false"]), {"v": cycle([None, True, False], N)}),
    "minus and plus": Case(column(["-", "+"]), {"v": cycle(["-", "+"], N)}, "'-' read"),
    "minus, plus and gaps": Case(
        column(["-", "++", "?"]), {"v": cycle(["-", "++", None], N)}, "'-' read"
    ),
    "a minus for a gap": Case(
        column(["-", "yes", "no"]), {"v": cycle([None, "yes", "no"], N)}, "'-' read as a m"
    ),
    "stars": Case(column(["*", "**", "***"]), {"v": cycle(["*", "**", "***"], N)}, "'*' read"),
    "flags": Case(column(["*", "", ""]), {"v": cycle(["*", None, None], N)}, "'*' read"),
    "stars for gaps": Case(column(["*", 1, 2]), {"v": cycle([None, 1, 2], N)}),
    "a person named Nan": Case(
        column(["Nan", "Bob", "Ann"]), {"v": cycle(["Nan", "Bob", "Ann"], N)}, "'Nan' read"
    ),
    "a person named Null": Case(
        column(["Smith", "Null", "Jones"]), {"v": cycle(["Smith", "Null", "Jones"], N)}, "'Null'"
    ),
    "sodium": Case(column(["Na", "Cl", "Fe"]), {"v": cycle(["Na", "Cl", "Fe"], N)}, "'Na'"),
    "nan of pandas": Case(
        column(["nan", "bob", "Ann"]), {"v": cycle([None, "bob", "Ann"], N)}, "'nan'"
    ),
    "given words": Case(
        column(["none", "x", "n/k"]), {"v": cycle(["none", "x", None], N)}, "", None,
        {"missing": ["n/k"]},
    ),
    # codes
    "postal codes": Case(
        column(["02134", "10001", "00501"]), {"v": cycle(["02134", "10001", "00501"], N)}, "zeros"
    ),
    "codes of departments": Case(
        column(["01", "75", "93"]), {"v": cycle(["01", "75", "93"], N)}, "zeros"
    ),
    "padded months": Case(
        column(["01", "12", "07"], header="month,a,y"), {"month": cycle([1, 12, 7], N)}
    ),
    "postal codes as numbers": Case(
        column(["02134", "10001"]), {"v": cycle([2134, 10001], N)}, "", None,
        {"kinds": {"v": "number"}},
    ),
    "numbers as text": Case(
        column([5, 7]), {"v": cycle(["5", "7"], N)}, "", None, {"kinds": {"v": "text"}}
    ),
    "2E2": Case(column(["0E0", "1E1", "2E2"]), {"v": cycle(["0E0", "1E1", "2E2"], N)}, "2E2"),
    "101 and 1E5": Case(
        column([101, 102, "1E5"]), {"v": cycle(["101", "102", "1E5"], N)}, "powers of ten"
    ),
    "powers of ten": Case(column(["1e-3", "1E+5", 2]), {"v": cycle([1e-3, 1e5, 2.0], N)}),
    "1e5 of a person": Case(column(["1e5", "1e3"]), {"v": cycle([1e5, 1e3], N)}, "A guess: 1e5"),
    "decimals and 1E5": Case(column(["1.5", "1E5"]), {"v": cycle([1.5, 1e5], N)}),
    # long whole numbers
    "long numbers with a gap": Case(
        table("v;a;y", [f"{'' if i == 1 else v};{i};{i % 2}" for i, v in enumerate(LONG_IDS)]),
        {"v": [None if i == 1 else str(v) for i, v in enumerate(LONG_IDS)]}, "rounded",
    ),
    "long numbers": Case(
        table("v,a", [f"{v},{i}" for i, v in enumerate(LONG_IDS)]),
        {"v": [str(v) for v in LONG_IDS]}, "rounded",
    ),
    "20 digits": Case(
        table("v,a", [f"{10**19 + i},{i}" for i in COUNT]),
        {"v": [str(10**19 + i) for i in COUNT]}, "rounded",
    ),
    "enormous but exact": Case(
        table("v,a", [f"{2**70 + i * 2**60},{i}" for i in COUNT]),
        {"v": [float(2**70 + i * 2**60) for i in COUNT]},
    ),
    # decimal marks and forms of numbers
    "a quoted decimal comma": Case(
        column(['"0,123"', '"12,456"', '"0,5"']), {"v": cycle([0.123, 12.456, 0.5], N)}
    ),
    "a decimal comma beside points": Case(
        table("v,a", [f'"{0},{123 + i}",{i}.5' for i in COUNT]),
        {"v": [float(f"0.{123 + i}") for i in COUNT], "a": [i + 0.5 for i in COUNT]},
        "Decimal commas, unlike the rest of the file: 'v'",
    ),
    "points below 1 beside commas": Case(
        table("v;a", [f"0.{680 + i};{i},5" for i in COUNT]),
        {"v": [float(f"0.{680 + i}") for i in COUNT], "a": [i + 0.5 for i in COUNT]},
        "Decimal commas, unlike",
    ),
    "1.234 of a doubt": Case(
        semicolons(["1.234", "12.567"]), {"v": cycle([1.234, 12.567], N)}, "A guess: the point"
    ),
    "1,234 of a doubt": Case(
        semicolons(["1,234", "12,567"]), {"v": cycle([1.234, 12.567], N)}, "A guess: the comma"
    ),
    "1.234 with a decimal comma given": Case(
        semicolons(["1.234", "12.567"]), {"v": cycle([1234, 12567], N)}, "", None, {"decimal": ","}
    ),
    "a minus behind": Case(
        semicolons(["123,45", "124,45-"]), {"v": cycle([123.45, -124.45], N)}
    ),
    "a minus behind a point": Case(column(["1.5-", "2"]), {"v": cycle([-1.5, 2.0], N)}),
    "lakhs": Case(column(['"12,34,567"', '"1,00,000.5"']), {"v": cycle([1234567.0, 100000.5], N)}),
    "millions by points": Case(
        semicolons(["1.234.567", "2.000.000"]), {"v": cycle([1234567, 2000000], N)}
    ),
    "the word Infinity": Case(column(["Infinity"]), {"v": ["Infinity"] * N}),
    "infinite numbers": Case(
        column(["inf", 1, 2]), {"v": cycle([math.inf, 1.0, 2.0], N)}, "Infinite values"
    ),
    # units, times, dates
    "kilograms": Case(column(["12 kg", "7.5 kg"]), {"v": cycle([12.0, 7.5], N)}, "numbers of kg"),
    "a comma in kilograms": Case(
        semicolons(["1,5 kg", "12,25 kg"]), {"v": cycle([1.5, 12.25], N)}, "numbers of kg"
    ),
    "glued units": Case(column(["12mm", "7mm"]), {"v": cycle([12, 7], N)}, "numbers of mm"),
    "degrees": Case(column(["12 °C", "-7.5 °C"]), {"v": cycle([12.0, -7.5], N)}, "°C"),
    "room and rooms": Case(
        column(["1 room", "3 rooms"]), {"v": cycle([1, 3], N)}, "numbers of room"
    ),
    "units that differ": Case(
        column(["12 kg", "700 g"]), {"v": cycle(["12 kg", "700 g"], N)}, "Several units"
    ),
    "seats": Case(column(["12A", "7A", "3A"]), {"v": cycle(["12A", "7A", "3A"], N)}),
    "durations": Case(
        column(["01:30:00", "00:00:30.5"]), {"v": cycle([5400.0, 30.5], N)}, "numbers of seconds"
    ),
    "times": Case(column(["13:05", "7:45"]), {"v": cycle([47100, 27900], N)}, "hours and minutes"),
    "times of half a day": Case(
        column(["1:05 PM", "12:45 AM"]), {"v": cycle([47100, 2700], N)}, "hours"
    ),
    "days and times": Case(
        column(["1 days 00:00:01", "0 days 00:01:00"]), {"v": cycle([86401, 60], N)}, "seconds"
    ),
    "days of digits": Case(
        table("d,a", [f"202401{i + 1:02d},{i}" for i in COUNT]),
        {"d": [f"2024-01-{i + 1:02d}" for i in COUNT]}, "dates written like 20240131",
    ),
    "days of digits as numbers": Case(
        table("d,a", [f"202401{i + 1:02d},{i}" for i in COUNT]),
        {"d": [20240101 + i for i in COUNT]}, "", None, {"kinds": {"d": "number"}},
    ),
    "months of digits": Case(
        column([202401, 202412, 202307]), {"v": cycle(["2024-01", "2024-12", "2023-07"], N)},
        "202401"
    ),
    "times of digits": Case(
        column([202401011230, 202412312359]),
        {"v": cycle(["2024-01-01 12:30:00", "2024-12-31 23:59:00"], N)}, "like 202401311259",
    ),
    "days of digits with a point": Case(
        column(["20240101.0", "20240215.0", ""]),
        {"v": cycle(["2024-01-01", "2024-02-15", None], N)},
        "20240131",
    ),
    "six digits that are no months": Case(
        column([202401, 202413, 209901]), {"v": cycle([202401, 202413, 209901], N)}
    ),
    "thousands of a doubt": Case(
        column(['"1,234"', '"12,567"']), {"v": cycle([1234, 12567], N)}, "between thousands"
    ),
    "thousands of no doubt": Case(
        table("v,a", [f'"{i + 1},234",{i}.5' for i in COUNT]),
        {"v": [1000 * i + 1234 for i in COUNT]}
    ),
    "eight digits that are no days": Case(
        column([20240101, 20249901]), {"v": cycle([20240101, 20249901], N)}
    ),
    "years of birth": Case(
        column(["05.03.61", "17.11.88", "01.02.04"]),
        {"v": cycle(["05.03.1961", "17.11.1988", "01.02.2004"], N)},
        "Two-digit years were read as 1961 to 2004", None, {"latest_year": 2026},
    ),
    "years of birth with names of months": Case(
        column(["05-Mar-45", "17-Nov-30"]), {"v": cycle(["05-Mar-1945", "17-Nov-1930"], N)},
        "1930 to 1945", None, {"latest_year": 2026},
    ),
    "years of birth that lead": Case(
        column(["61-03-05", "88-11-17"]), {"v": cycle(["1961-03-05", "1988-11-17"], N)},
        "1961 to 1988", None, {"latest_year": 2026},
    ),
    "months of Excel": Case(
        column(["Jan-24", "Dec-23"]), {"v": cycle(["Jan-2024", "Dec-2023"], N)},
        "2023 to 2024", None, {"latest_year": 2026},
    ),
    "spelled durations": Case(
        column(["1h 30min", "2h 5 min"]), {"v": cycle([5400, 7500], N)}, "numbers of seconds"
    ),
    "ISO durations": Case(column(["PT1H1M", "P1DT2S"]), {"v": cycle([3660, 86402], N)}, "seconds"),
    "codes in small letters": Case(
        column(["na", "za", "bw"]), {"v": cycle(["na", "za", "bw"], N)}, "'na'"
    ),
    "appointments": Case(
        column(["05.03.27", "17.11.26"]), {"v": cycle(["05.03.2027", "17.11.2026"], N)},
        "2026 to 2027", None, {"latest_year": 2026},
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", CASES)
def test_values_are_what_the_file_says(name):
    check(CASES[name])


def test_options_reach_from_csv_and_typing_errors_are_found():
    raw = column(["02134", "10001", "00501"])
    data = from_csv(raw, "y", kinds={"v": "number"})
    assert data.preprocessing.numeric == ("v", "a")
    with pytest.raises(TypeError, match="delimitre"):
        read_table(raw, delimitre=",")
    with pytest.raises(DatasetError, match="kind of 'v'"):
        read_table(raw, kinds={"v": "integer"})


@pytest.mark.parametrize("codes", [["02134", "10001", "00501"], ["2E2", "1E5", "101"]])
def test_codes_are_categories_of_the_network(codes):
    data = from_csv(column(codes), "y")
    (decision,) = [d for d in data.preprocessing.decisions if d.column == "v"]
    assert decision.kind == "category"
    assert decision.n_features == 3


def test_months_and_weeks_are_dates():
    months = [f"{1960 + i // 12} {m}" for i, m in enumerate(
        ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"] * 2
    )]  # fmt: skip
    for texts in (months, [f"1991 W{i + 1:02d}" for i in COUNT]):
        data = from_csv(table("when,x", [f"{t},{np.sin(i):.3f}" for i, t in enumerate(texts)]), "x")
        assert "when: elapsed days" in data.feature_names


def test_rows_without_a_label_are_left_out_and_told():
    raw = table(
        "a,b,y", [f"{i},{i % 3},{'p' if i % 4 else 'q' if i % 8 else ''}" for i in range(64)]
    )
    data = from_csv(raw, "y")
    assert data.class_names == ("p", "q")
    assert "8 of 64 rows were left out: they have no usable value of 'y'." in data.notes


def test_an_empty_column_is_no_target():
    data = from_csv(table("a,b,class", [f"{i},{i % 3}," for i in range(30)]))
    assert data.target_names != ("class",)
