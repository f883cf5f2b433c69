"""Dates in text: which day they are, and which numbers become of them."""

from __future__ import annotations

import datetime

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from nnlib.datasets.dates import (
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


@given(day=st.dates(datetime.date(1800, 1, 1), datetime.date(2300, 1, 1)))
@pytest.mark.parametrize("form", FORMS)
def test_every_form_is_read(form, day):
    text = day.strftime(form)
    assert looks_like_date(text)
    (read,) = parse_dates(pd.Series([text]), day_first=True)
    assert read.item() == datetime.datetime(day.year, day.month, day.day)


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
