"""Names of columns that used to be taken for data, or given to other columns than their own."""

from __future__ import annotations

import pytest
from csv_cases import COUNT, Case, N, check, cycle, table

YEARS = [1991, 1992, 1994, 1995]
HEADERS: dict[str, Case] = {
    "years with a gap": Case(
        table(
            "country," + ",".join(map(str, YEARS)),
            [f"c{i % 6},{20 + i},{40 + i},{59 + i},{73 + i}" for i in COUNT],
        ),
        {"1994": [59 + i for i in COUNT]},
        "although it holds numbers",
    ),
    "years over populations": Case(
        table(
            "country,1990,1995,2000,2005",
            [f"c{i % 6},{1980 + i},{1900 - i},{2000 + i},{1950 - i}" for i in COUNT],
        ),
        {"1990": [1980 + i for i in COUNT]},
        "although it holds numbers",
    ),
    "wavelengths": Case(
        table(
            "class,400.0,402.5,405.0,407.5",
            [f"{'AB'[i % 2]},0.{10 + i},0.{20 + i},0.{30 + i},0.{40 + i}" for i in COUNT],
        ),
        {"402.5": [float(f"0.{20 + i}") for i in COUNT]},
        "although it holds numbers",
    ),
    "one year among names": Case(
        table("region,area,2020,grade", [f"r{i % 5},{i}.5,{70 + i},{'xy'[i % 2]}" for i in COUNT]),
        {"2020": [70 + i for i in COUNT]},
        "although it holds numbers",
    ),
    "one number among names of numbers": Case(
        table("a,b,50,y", [f"{i},{2 * i},{40 + i},{i % 2}" for i in COUNT]),
        {"50": [40 + i for i in COUNT]},
        "although it holds numbers",
    ),
    "no names, rising numbers": Case(
        "".join(
            f"{'AB'[i % 2]},0.{10 + i},0.{20 + i},0.{30 + i},0.{40 + i}\n" for i in COUNT
        ).encode(),
        {"column 1": cycle(["A", "B"], N)},
        "looks like data",
    ),
    "no names, the first row far off": Case(
        b"A,1000\nB,30\nC,20\nD,10\nE,12\n",
        {"column 2": [1000, 30, 20, 10, 12]},
        "looks like data",
    ),
    "no names, the first row rises by chance": Case(
        b"1.5,2.25,4.75,6.5\n" + b"3.5,2.5,1.25,7.5\n6.25,5.5,7.5,1.5\n" * 9,
        {"column 1": [1.5, *[3.5, 6.25] * 9]},
        "looks like data",
    ),
    "one year beside names": Case(
        b"city,2020\nOslo,70\nRome,81\nLima,93\n", {"2020": [70, 81, 93]}, "it holds numbers"
    ),
    "wavelengths with uneven steps": Case(
        table("400.0,402.5,405.1,class", [f"0.{10 + i},0.{40 + i},0.{30 + i},x" for i in COUNT]),
        {"402.5": [float(f"0.{40 + i}") for i in COUNT]},
        "it holds numbers",
    ),
    "no names, years in the rows": Case(
        "".join(f"c{i % 6},{1990 + i % 9},{1995 + i % 7}\n" for i in COUNT).encode(),
        {"column 2": [1990 + i % 9 for i in COUNT]},
        "looks like data",
    ),
    "rows with one value more at the end": Case(
        table(
            "id,time,price,side",
            [f"{i},{1748736090000 + i},0.{680 + i},{'xy'[i % 2]},0" for i in COUNT],
        ),
        {"id": COUNT, "side": cycle(["x", "y"], N)},
        "the last has none",
        ["id", "time", "price", "side", "column 5"],
    ),
    "row names": Case(
        table('"a","b"', [f'"r{i}",{i},{2 * i}' for i in COUNT]),
        {"a": COUNT},
        "the first has none",
        ["column 1", "a", "b"],
    ),
    "numbered row names": Case(
        table("a,b", [f"{i + 1},{i % 5}.5,{2 * i}" for i in COUNT]),
        {"a": [i % 5 + 0.5 for i in COUNT]},
        "the first",
    ),
    "row names by option": Case(
        table("a,b", [f"{i % 3},{i},{2 * i}" for i in COUNT]),
        {"a": COUNT},
        "the first has none",
        None,
        {"unnamed": "first"},
    ),
    "two values more": Case(
        table("a,b", [f"{i},{i % 3},{i % 5},{i % 7}" for i in COUNT]),
        {"a": COUNT},
        "4 values, and the 2 names are the first",
        ["a", "b", "column 3", "column 4"],
    ),
    "fewer values than names": Case(
        table("a,b,c,d", [f"{i},{i % 3},x" for i in COUNT]),
        {"a": COUNT, "c": ["x"] * N},
        "the last columns are empty",
    ),
    "a first name without a column": Case(
        table("n,a,b", [f"{i},{i % 3}" for i in COUNT]),
        {"a": COUNT},
        "",
        ["a", "b"],
        {"unnamed": "first"},
    ),
    "rows that grow": Case(
        table("a,b,c,d", ["6.06 LTS,x,2005-10-12", "6.10,y,2006-10-26,5"] * 12),
        {"d": cycle([None, 5.0], N), "b": cycle(["x", "y"], N)},
        "12 rows have fewer values than there are columns",
    ),
    "a heading without row names": Case(
        table(",a,b", [f"{i},{i % 3}" for i in COUNT]), {"a": COUNT}, "", ["a", "b"]
    ),
    "Qualtrics": Case(
        table(
            "Duration,Q1,Group",
            [
                '"Duration (in seconds)","How satisfied, overall?","Group"',
                '"{""ImportId"":""duration""}","{""ImportId"":""QID1""}","{""ImportId"":""grp""}"',
                *(f"{100 + i},{i % 5},{'AB'[i % 2]}" for i in COUNT),
            ],
        ),
        {"Duration": [100 + i for i in COUNT]},
        "2 rows below the names",
        ["Duration", "Q1", "Group"],
    ),
    "two levels of pandas": Case(
        table(
            "sensor,a,a,b,b",
            [
                "stat,mean,std,mean,std",
                "id,,,,",
                *(f"{i},{i}.1,{i}.2,{i}.3,{i % 5}" for i in COUNT),
            ],
        ),
        {"id": COUNT},
        "",
        ["id", "a mean", "a std", "b mean", "b std"],
    ),
    "two levels without an index name": Case(
        table(",a,a,b", [",mean,std,mean", *(f"{i},{i}.1,{i}.2,{i}.3" for i in COUNT)]),
        {"a mean": [i + 0.1 for i in COUNT]},
        "",
        ["column 1", "a mean", "a std", "b mean"],
    ),
}


@pytest.mark.parametrize("name", HEADERS)
def test_columns_have_their_names(name):
    check(HEADERS[name])
