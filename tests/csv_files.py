"""Polluted and hostile tables, made by code: for the catalogue of tests and for the fuzzer."""

from __future__ import annotations

import gzip
import io
import random
import zipfile
from collections.abc import Callable
from itertools import combinations

HEADER = ["name", "city", "age", "weight", "kind"]
N_ROWS = 30


def clean_rows() -> list[list[str]]:
    rng = random.Random(3)
    return [
        [
            f"Person {i}",
            rng.choice(["Oslo", "Rome", "New York"]),
            str(rng.randint(18, 90)),
            f"{rng.uniform(40, 99):.1f}",
            rng.choice(["good", "bad"]),
        ]
        for i in range(N_ROWS)
    ]


class File:
    """A table on its way to bytes; a pollution changes one thing about it."""

    def __init__(self) -> None:
        self.rows, self.header = clean_rows(), list(HEADER)
        self.delimiter, self.quote, self.end = ",", '"', "\n"
        self.encoding = "utf-8"
        self.above = self.below = ""
        self.all_quoted = False
        self.packed = False
        self.rules: list[str] = []

    def cell(self, text: str) -> str:
        special = (self.delimiter, self.quote, "\n", "\r")
        if self.all_quoted or any(sign in text for sign in special):
            return self.quote + text.replace(self.quote, 2 * self.quote) + self.quote
        return text

    def line(self, row: list[str]) -> str:
        return self.delimiter.join(map(self.cell, row))

    def bytes(self) -> bytes:
        rows = [self.header, *self.rows] if self.header else self.rows
        text = self.above + "\n".join(map(self.line, rows)) + "\n" + self.below
        raw = text.replace("\n", self.end).encode(self.encoding)
        return gzip.compress(raw, mtime=0) if self.packed else raw

    def put(self, column: int, values: Callable[[int, str], str]) -> None:
        self.rows = [
            [values(i, cell) if c == column else cell for c, cell in enumerate(row)]
            for i, row in enumerate(self.rows)
        ]


def _set(**values: object) -> Callable[[File], None]:
    return lambda file: file.__dict__.update(values)


def _ragged(change: Callable[[list[str]], list[str]]) -> Callable[[File], None]:
    def pollute(file: File) -> None:
        file.rows = [change(row) if i % 9 == 4 else row for i, row in enumerate(file.rows)]

    return pollute


# Kind: of two pollutions of the same kind the second would undo the first.
POLLUTIONS: dict[str, tuple[str, Callable[[File], None]]] = {
    "semicolons": ("delimiter", _set(delimiter=";")),
    "tabs": ("delimiter", _set(delimiter="\t")),
    "bars": ("delimiter", _set(delimiter="|")),
    "two bars": ("delimiter", _set(delimiter="||")),
    "all quoted": ("quoted", _set(all_quoted=True)),
    "CRLF": ("end", _set(end="\r\n")),
    "CR": ("end", _set(end="\r")),
    "byte order mark": ("encoding", _set(encoding="utf-8-sig")),
    "UTF-16": ("encoding", _set(encoding="utf-16")),
    "UTF-16 without mark": ("encoding", _set(encoding="utf-16-le")),
    "Windows-1252": ("encoding", _set(encoding="cp1252")),
    "preamble": ("above", _set(above="Report of the station\nMade on 5 January\n\n")),
    "comments": ("above", _set(above="# made by hand\n# second try\n")),
    "blank lines above": ("above", _set(above="\n\n\n")),
    "footer": ("below", _set(below="\nEnd of the report\n")),
    "second table": ("below", _set(below="\nplace,height\nOslo,23\nRome,37\n")),
    "newlines in cells": ("city", lambda f: f.put(1, lambda i, c: f"{c}\nnorth")),
    "quotes in cells": ("city", lambda f: f.put(1, lambda i, c: f'the "old" {c}, north')),
    "gaps": ("age", lambda f: f.put(2, lambda i, c: "" if i % 5 == 2 else c)),
    "words for gaps": ("age", lambda f: f.put(2, lambda i, c: ["NA", "-", "?", c, c, c][i % 6])),
    "currency": ("weight", lambda f: f.put(3, lambda i, c: f"${c}")),
    "percent": ("weight", lambda f: f.put(3, lambda i, c: f"{c}%")),
    "infinities": ("weight", lambda f: f.put(3, lambda i, c: "inf" if i % 11 == 3 else c)),
    "enormous integers": ("weight", lambda f: f.put(3, lambda i, c: str(2**70 + i * 2**60))),
    "short rows": ("ragged", _ragged(lambda row: row[:4])),
    "long rows": ("ragged", _ragged(lambda row: [*row, "more"])),
    "markup": ("kind", lambda f: f.put(4, lambda i, c: f"<b>{c}</b> $x^2$ **{c}**")),
    "formulas": ("kind", lambda f: f.put(4, lambda i, c: f"=1+1&{c}")),
    "gzip": ("packed", _set(packed=True)),
}
SINGLES = [(name,) for name in POLLUTIONS]
PAIRS = [
    pair for pair in combinations(POLLUTIONS, 2) if POLLUTIONS[pair[0]][0] != POLLUTIONS[pair[1]][0]
]


def polluted(names: tuple[str, ...]) -> bytes:
    file = File()
    for name in names:
        POLLUTIONS[name][1](file)
    return file.bytes()


def zipped(**files: bytes) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return out.getvalue()


PLAIN = File().bytes()
HOSTILE: dict[str, bytes] = {
    "nothing": b"",
    "blanks": b" \n \n",
    "one NUL": b"\x00",
    "NULs": b"\x00" * 5000,
    "NULs in a table": PLAIN.replace(b"Oslo", b"Os\x00lo"),
    "half a byte order mark": b"\xef\xbb",
    "a byte order mark alone": b"\xef\xbb\xbf",
    "half of UTF-16": PLAIN.decode().encode("utf-16")[:-1],
    "UTF-32": PLAIN.decode().encode("utf-32"),
    "invalid UTF-8": PLAIN + b"\xff\xfe,\xc3\x28\n",
    "one long line": b"a," * 50_000,
    "one huge cell": b"a,b\n" + b"x" * 300_000 + b",1\n",
    "too many columns": b",".join(b"c%d" % i for i in range(3000)) + b"\n",
    "one column": b"a\n1\n2\n3\n",
    "a header alone": b"a,b,c\n",
    "delimiters only": b",,,\n,,,\n",
    "quotes only": b'""""""""\n' * 20,
    "an open quote": b'a,b\n1,"2\n3,4\n5,6\n',
    "quotes amid cells": b'a,b\n1"x"y,2\n"3"z,4\n' * 5,
    "escapes": b'a,b\n"x\\",y",1\n' * 8,
    "control characters": bytes(range(1, 32)) * 30,
    "all byte values": bytes(range(256)) * 10,
    "a gzip bomb": gzip.compress(b"a,b\n" + b"1,2\n" * 20_000_000, 1),
    "half a gzip": gzip.compress(PLAIN)[:-20],
    "gzip of nothing": gzip.compress(b""),
    "gzip with rubbish": b"\x1f\x8b" + PLAIN,
    "gzip in gzip": gzip.compress(gzip.compress(PLAIN)),
    "an empty zip": zipped(),
    "a zip bomb": zipped(**{"xl/workbook.xml": b"0" * 80_000_000}),
    "a zip of a climbing path": zipped(**{"../../etc/passwd": PLAIN}),
    "a zip that lies": zipped(a=PLAIN)[:60],
    "half a workbook": zipped(**{"xl/workbook.xml": b"<workbook"}),
    "a workbook of rubbish": zipped(**{"xl/workbook.xml": b"<a/>", "[Content_Types].xml": b"x"}),
    "a workbook of entities": zipped(
        **{
            "xl/workbook.xml": b"<!DOCTYPE l [<!ENTITY a 'aaaaaaaaaa'><!ENTITY b '&a;&a;&a;&a;'>]>"
            b"<workbook>&b;</workbook>"
        }
    ),
    "parquet rubbish": b"PAR1" + bytes(200) + b"PAR1",
    "half a parquet": b"PAR1",
    "a pickle": b"\x80\x04\x95\x1f\x00\x00\x00cos\nsystem\n(S'true'\ntR.",
    "a pickle of protocol 0": b"cos\nsystem\n(S'true'\ntR.",
    "an image": b"\x89PNG\r\n\x1a\n" + bytes(50),
    "a web page": b"<!DOCTYPE html><html><body><table><tr><td>1</td></tr></table></body></html>",
    "JSON": b'[{"a": 1, "b": 2}, {"a": 3, "b": 4}]',
    "prose": b"It was a dark night. The rain fell, and fell.\nNobody came; nobody went.\n" * 10,
    "code": b"import os\n\ndef f(a, b):\n    return a + b\n" * 10,
    "numbers that overflow": b"a,b,y\n" + b"1e999,-1e999,0\n1,2,1\n" * 10,
    "64 bits and one": b"a,y\n" + b"18446744073709551616,0\n-9223372036854775809,1\n" * 10,
    "dates that are none": b"d,y\n" + b"2024-13-45,0\n99/99/9999,1\n" * 10,
    "dates before Christ": b"d,y\n" + b"-0044-03-15,0\n0000-00-00,1\n" * 10,
    "names that are markup": b"<script>alert(1)</script>,$x$,**b**\n" + b"1,2,0\n3,4,1\n" * 10,
    "names that are spaces": b" , ,  \n" + b"1,2,0\n3,4,1\n" * 10,
    "names alike": b"a,a,a,a (2)\n" + b"1,2,3,0\n3,4,5,1\n" * 10,
    "names very long": b"x" * 100_000 + b",y\n" + b"1,0\n2,1\n" * 10,
    "right to left": "اسم,‮age,y\n".encode() + "محمد,3,0\nعلي,4,1\n".encode() * 10,
    "combining characters": "a\u0301,e\u0301,y\n".encode() + b"1,2,0\n3,4,1\n" * 10,
    "emoji": "😀,👩‍👩‍👧,y\n".encode() + "🎉,1,0\n🎈,2,1\n".encode() * 10,
    "lone surrogates": b"a,b\n\xed\xa0\x80,1\n" * 5,
    "only gaps": b"a,b,c\n" + b"NA,-,?\n" * 20,
    "one row": b"a,b\n1,2\n",
    "all rows alike": b"a,b,y\n" + b"1,2,0\n" * 30,
    "every target another": b"a,y\n" + b"".join(b"%d,w%d\n" % (i, i) for i in range(50)),
    "widths that change": b"\n".join(b",".join([b"1"] * (i % 7 + 1)) for i in range(100)),
    "line ends mixed": b"a,b\r1,2\n3,4\r\n5,6\n\r7,8\r",
    "form feeds": b"a,b\n1,2\x0c\n3,4\x0b\n" * 10,
}
