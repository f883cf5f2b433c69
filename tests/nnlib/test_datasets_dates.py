"""Dates in text: which day they are, and which numbers become of them."""

from __future__ import annotations

import datetime

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nnlib.datasets.tables.dates import (
    ELAPSED,
    HOUR,
    MONTH,
    PARTS,
    WEEKDAY,
    YEAR,
    day_comes_first,
    looks_like_date,
    parse_dates,
    part_of,
)

FORMS = (
    "%Y-%m-%d", "%Y-%m-%dT%H:%M:%SZ", "%Y/%m/%d", "%d.%m.%Y", "%d/%m/%Y %H:%M", "%d-%m-%Y",
    "%d %B %Y", "%d %b %Y", "%B %d, %Y", "%b %d, %Y", "%d-%b-%Y", "%Y-%m-%d %H:%M:%S",
)  # fmt: skip


def read_back(form: str, day: datetime.date) -> None:
    text = day.strftime(form)
    assert looks_like_date(text)
    (read,) = parse_dates(pd.Series([text]), day_first=True)
    assert read.item() == datetime.datetime(day.year, day.month, day.day)


@pytest.mark.parametrize("form", FORMS)
def test_every_form_is_read(form):
    for day in ((1899, 12, 31), (2024, 2, 29), (2031, 5, 4)):
        read_back(form, datetime.date(*day))


@pytest.mark.long
@pytest.mark.parametrize("form", FORMS)
@given(day=st.dates(datetime.date(1800, 1, 1), datetime.date(2300, 1, 1)))
def test_every_day_of_every_form_is_read(form, day):
    read_back(form, day)


@pytest.mark.parametrize(
    ("text", "day"),
    [
        ("3. März 2024", "2024-03-03"), ("12 août 2020", "2020-08-12"),
        ("3 de marzo de 2024", "2024-03-03"), ("Mon, 3 March 2024", "2024-03-03"),
        ("March 3rd, 2024", "2024-03-03"), ("5 Januar 2024", "2024-01-05"),
        ("1960 Jan", "1960-01-01"), ("Dezember 2020", "2020-12-01"),
        ("1991 W06", "1991-02-04"), ("2024-W01", "2024-01-01"), ("2020W53", "2020-12-28"),
        ("2024 Q3", "2024-07-01"), ("2024M11", "2024-11-01"), ("1960-Jan-05", "1960-01-05"),
        ("5 January 2024 5:30 PM", "2024-01-05T17:30"),
    ],
)  # fmt: skip
def test_months_by_name_weeks_and_quarters(text, day):
    assert looks_like_date(text)
    assert parse_dates(pd.Series([text]), day_first=True)[0] == np.datetime64(day)


@pytest.mark.parametrize(
    "text",
    ["Maybe 1960", "1991 W60", "model 2020", "route 1999", "12 kg 2024", "2024 Q5", "jui 2020"],
)
def test_what_only_looks_like_a_month_is_text(text):
    assert not looks_like_date(text)


@settings(max_examples=30)
@given(st.datetimes(datetime.datetime(1, 1, 1), datetime.datetime(9999, 1, 1)))
def test_parts_are_those_of_the_calendar(time):
    time = time.replace(microsecond=0)
    dates = np.array([time, "NaT"], dtype="datetime64[s]")
    first = datetime.datetime(1970, 1, 1)
    expected = {
        ELAPSED: (time - first).total_seconds() / 86_400,
        YEAR: time.year,
        MONTH: time.month,
        WEEKDAY: time.isoweekday(),
        HOUR: time.hour + time.minute / 60 + time.second / 3_600,
    }
    assert set(expected) == set(PARTS)
    for part, value in expected.items():
        numbers = part_of(dates, part)
        assert numbers[0] == pytest.approx(value, rel=1e-12)
        assert np.isnan(numbers[1])


@pytest.mark.parametrize(
    ("texts", "expected"),
    [
        (["3/4/2024", "13/4/2024"], (True, False)),
        (["3/4/2024", "4/13/2024"], (False, False)),
        (["3.4.2024"], (True, False)),
        (["3/4/2024"], (False, True)),
        (["3/3/2024", "2024-01-05"], (False, False)),
        ([], (False, False)),
    ],
)
def test_day_or_month_first(texts, expected):
    assert day_comes_first(texts) == expected


@pytest.mark.parametrize("text", ["31/2/2024", "99/99/9999", "2024-13-45", "soon", "", "12:30"])
def test_what_is_no_day_is_missing(text):
    assert np.isnat(parse_dates(pd.Series([text, None]), day_first=True)).all()


def test_dates_of_pandas_and_zones():
    column = pd.Series(pd.to_datetime(["2024-01-31 23:30", None], utc=True))
    local = column.dt.tz_convert("Asia/Tokyo")
    text = pd.Series(["2024-02-01 08:30:00+09:00", None])
    for dates in (column, local, text):
        assert parse_dates(dates, False)[0] == np.datetime64("2024-01-31T23:30:00")
