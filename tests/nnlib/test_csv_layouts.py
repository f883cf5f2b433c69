"""Tables that used to be found wrongly in their files: names, rows, and what is said of them."""

from __future__ import annotations

import pytest
from csv_cases import COUNT, Case, N, check, cycle, table

from nnlib.datasets import DatasetError, read_table

LAYOUTS: dict[str, Case] = {
    "a total": Case(
        table("item,qty,price", [f"art{i % 5},{i},{i}.5" for i in COUNT], "Total,276,288.0\n"),
        {"qty": COUNT},
        "A row of totals, in line 26, left out",
    ),
    "two totals in German": Case(
        table("art;menge", [f"a{i % 5};{i}" for i in COUNT], "Summe;276\nMittelwert;11,5\n"),
        {"menge": COUNT},
        "2 rows of totals",
    ),
    "a total among years": Case(
        table("year,n", [f"{1990 + i},{i}" for i in COUNT], "Total,276\n"),
        {"year": [1990 + i for i in COUNT]},
        "totals",
    ),
    "a total that is kept": Case(
        table("item,qty", [f"art{i % 5},{i}" for i in COUNT], "Total,276\n"),
        {"qty": [*COUNT, 276]},
        "",
        None,
        {"totals": True},
    ),
    "total as a class": Case(
        table("kind,qty", [f"{['total', 'part'][i % 2]},{i}" for i in COUNT]), {"qty": COUNT}
    ),
    "a second mark": Case(
        "\ufeffa,b,y\n".encode()
        + table("0,1,x", ["1,2,y"] * 9)
        + "\ufeffa,b,y\n".encode()
        + table("5,6,x", ["7,8,y"] * 9),
        {"a": [0, *[1] * 9, 5, *[7] * 9]},
        "once more",
    ),
    "a mark in front of data": Case("\ufeffa,b\n1,2\n3,4\n\ufeff5,6\n".encode(), {"a": [1, 3, 5]}),
    "a wider second header": Case(
        table("a,b,y", [f"{i},{i % 3},{i % 2}" for i in COUNT], "a,b,y,z\n" + "7,8,1,5\n" * 9),
        {"a": [*COUNT, *[7] * 9], "z": [*[None] * N, *[5.0] * 9]},
        "add columns: 'z'",
    ),
    "a second header in another order": Case(
        table("a,b,y", [f"{i},x,{i % 2}" for i in COUNT], "y,a,b\n" + "1,7,q\n" * 9),
        {"a": [*COUNT, *[7] * 9], "b": [*["x"] * N, *["q"] * 9]},
        "come once more",
    ),
    "two stray marks": Case(
        table(
            "name,n,y", [f"{chr(34) if i in (3, 15) else ''}Item {i},{i},{i % 2}" for i in COUNT]
        ),
        {"n": COUNT, "name": [f"Item {i}" for i in COUNT]},
        "lines 5 and 17",
    ),
    "two stray marks at the end of values": Case(
        table(
            "n,name,y",
            [
                f"{i},{chr(34) if i == 3 else ''}Item {i}{chr(34) if i == 15 else ''},{i % 2}"
                for i in COUNT
            ],
        ),
        {"n": COUNT},
        "line 5",
    ),
    "one stray mark among quoted values": Case(
        table("n,name,y", [f'{i},"Item, {i}",{i % 2}' if i != 7 else '7,"Item 7,1' for i in COUNT]),
        {"n": COUNT},
        "line 9",
    ),
    "a stray mark in the last line": Case(
        table("n,name,y", [f"{i},{chr(34) if i == 23 else ''}Item {i},{i % 2}" for i in COUNT]),
        {"n": COUNT},
        "line 25",
    ),
    "text of several lines": Case(
        table("n,name,y", [f'{i},"one, two\n3, four",{i % 2}' for i in COUNT]),
        {"n": COUNT, "name": ["one, two\n3, four"] * N},
    ),
    "another delimiter in one line": Case(
        table("name,n,y", [f"Item {i};{i};1" if i == 5 else f"Item {i},{i},1" for i in COUNT]),
        {"n": COUNT},
        "Another delimiter than in the rest of the file in line 7",
    ),
    "ARFF": Case(
        b"% made by hand\n@relation x\n\n@attribute a numeric\n@ATTRIBUTE 'b c' real\n"
        + b"@attribute y {p,'q r'}\n@data\n"
        + b"".join(b"%d,%d,%s\n" % (i, i, b"p" if i % 2 else b"'q r'") for i in COUNT),
        {"a": COUNT, "b c": COUNT, "y": cycle(["q r", "p"], N)},
    ),
    "ARFF with both quotation marks": Case(
        b"@relation x\n@attribute a string\n@attribute b numeric\n@data\n"
        b"'it\\'s, so',1\n\"the 'old' one, too\",2\n",
        {"a": ["it's, so", "the 'old' one, too"], "b": [1, 2]},
    ),
    "ARFF with gaps": Case(
        b"@relation x\n@attribute a numeric\n@attribute y {p,q}\n@data\n1,p\n?,q\n",
        {"a": [1.0, None]},
    ),
    "lines of JSON": Case(
        b'{"a": 1, "b": {"c": "x, y"}}\n{"a": 2.5, "d": true}\n' * 3,
        {"a": cycle([1.0, 2.5], 6), "b.c": cycle(["x, y", None], 6), "d": cycle([None, True], 6)},
    ),
    "a list of JSON": Case(
        b'[{"a": 1, "b": "02"}, {"a": null, "b": "3"}]', {"a": [1.0, None]}, "zeros"
    ),
    "JSON by columns": Case(b'{"a": {"0": 1, "1": 2}, "b": {"0": "x", "1": "y"}}', {"a": [1, 2]}),
    "one number among as many words": Case(
        table("id,name,1", [f"{i + 10},n{i},{i % 7 + 3}" for i in COUNT]),
        {"id": [i + 10 for i in COUNT]},
        "although it holds numbers",
    ),
    "a wider header above text": Case(
        b"a,b\nx,y\nu,v\nx,v\na,b,c\nx,y,z\nu,v,w\n",
        {"c": [None, None, None, "z", "w"]},
        "add columns: 'c'",
    ),
    "the name of the index alone": Case(
        table(",a,b", ["id,,", *(f"{i},{i}.5,{i % 3}" for i in COUNT)]), {"id": COUNT}
    ),
    "a mark of UTF-8 among others": Case(
        "name,n\nMüller,1\n".encode("cp1252")
        + b"\xef\xbb\xbfname,n\n"
        + "Jürgen,2\n".encode("cp1252"),
        {"n": [1, 2]},
        "cp1252",
    ),
    "dates with as many blanks in each row": Case(
        table("when,n", [f"{i + 1}. March 2024 12:{10 + i},{i}" for i in COUNT]),
        {"n": COUNT},
        "",
        ["when", "n"],
    ),
    "prices in euros": Case(
        table("a;b", [f"{i}.234,56 €;{i}" for i in range(1, 25)]).decode().encode("cp1252"),
        {"a": [f"{i}234.56 €" for i in range(1, 25)]},
        "cp1252",
    ),
    "two NUL bytes": Case(
        table("a,b", [f"{i},x\0y" if i in (3, 9) else f"{i},z" for i in COUNT]),
        {"a": COUNT},
        "2 control characters",
    ),
    "control characters": Case(
        table("a,b", [f"{i},x{chr(2) if i % 6 == 0 else ''}y" for i in COUNT]),
        {"b": ["xy"] * N},
        "4 control",
    ),
    "single quotation marks": Case(
        table("'name','n'", [f"'a, \"{i}\"','{i}'" for i in COUNT]),
        {"n": COUNT, "name": [f'a, "{i}"' for i in COUNT]},
    ),
    "blanks and quotation marks": Case(
        table('"name" "n" "y"', [f'"a {i}" {i} "u v"' for i in COUNT]),
        {"n": COUNT, "name": [f"a {i}" for i in COUNT]},
    ),
    "blanks and single quotation marks": Case(
        table("name n y", [f"'a {i}' {i} x" for i in COUNT]),
        {"n": COUNT, "name": [f"a {i}" for i in COUNT]},
    ),
    "rows of gaps": Case(
        table("a,b", [f"{i},x" for i in COUNT], "NA,-\n"),
        {"a": COUNT},
        "1 row of missing values only left out, the first in line 26",
    ),
    "comments": Case(
        table("a,b", ["# one", "1,2", "#3,4,5", "6,7"]),
        {"a": [1, 6]},
        "Comments left out: lines 2 and 4",
    ),
    "a note below": Case(
        table("a,b,c", [f"{i},x,y" for i in COUNT], "\nSource: us, them\n"),
        {"a": COUNT},
        "1 line after the table left out: line 27",
    ),
}


@pytest.mark.parametrize("name", LAYOUTS)
def test_tables_are_found_as_they_are_meant(name):
    check(LAYOUTS[name])


FIRST = table("a,b,y", [f"{i},{i % 3},{i % 2}" for i in COUNT])
SECOND = table("city,people", [f"Town {i},{100 + i}" for i in range(8)])


@pytest.mark.parametrize("between", [b"", b"\n", b"\n\n"])
def test_the_largest_table_is_read_unless_another_is_asked_for(between):
    raw = FIRST + between + SECOND
    read = read_table(raw)
    assert list(read.frame.columns) == ["a", "b", "y"]
    assert len(read.frame) == N
    last = 26 + len(between)
    assert read.notes == (
        "The file has 2 tables; table 1, lines 1 to 25, was read. "
        f"There is also table 2, lines {last} to {last + 8}.",
    )
    other = read_table(raw, table=2).frame
    assert other["people"].tolist() == [100 + i for i in range(8)]
    with pytest.raises(DatasetError, match="no table 3"):
        read_table(raw, table=3)


def test_broken_json_is_said_with_its_line():
    with pytest.raises(DatasetError, match="line 3 is none"):
        read_table(b'{"a": 1}\n{"a": 2}\n{"a":\n')


def test_sparse_arff_is_refused():
    with pytest.raises(DatasetError, match="sparse ARFF"):
        read_table(b"@relation x\n@attribute a numeric\n@data\n{0 1}\n")
