import io

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nnlib.datasets import DatasetError, read_table
from nnlib.datasets.tables.dialect import Dialect

PLAIN = {"a": [1, 3], "b": [2.5, 4.0], "c": ["x", "y"]}


@pytest.mark.parametrize(
    ("raw", "delimiter", "decimal", "encoding"),
    [
        (b"a,b,c\n1,2.5,x\n3,4,y\n", ",", ".", "utf-8"),
        (b"a;b;c\r\n1;2,5;x\r\n3;4;y\r\n", ";", ",", "utf-8"),
        (b"a\tb\tc\r1\t2.5\tx\r3\t4\ty", "\t", ".", "utf-8"),
        (b"a|b|c\n1|2.5|x\n\n3|4|y\n", "|", ".", "utf-8"),
        (b"a  b   c\n1  2.5 x\n3  4   y\n", r"\s+", ".", "utf-8"),
        (b" a, b ,c\n1, 2.5, x \n 3,4,y\n", ",", ".", "utf-8"),
        (b'"a","b","c"\n"1","2.5","x"\n"3","4","y"\n', ",", ".", "utf-8"),
        (b"a,b,c,\n1,2.5,x,\n3,4,y,\n", ",", ".", "utf-8"),
        (b"a,b,c\n1,2.5,x,\n3,4,y,\n,,,\n", ",", ".", "utf-8"),
        ("a,b,c\n1,2.5,x\n3,4,y\n".encode("utf-8-sig"), ",", ".", "utf-8-sig"),
        ("a\tb\tc\n1\t2.5\tx\n3\t4\ty\n".encode("utf-16"), "\t", ".", "utf-16"),
    ],
)
def test_dialects(raw, delimiter, decimal, encoding):
    table = read_table(raw)
    assert table.frame.to_dict("list") == PLAIN
    assert table.dialect == Dialect(delimiter, decimal, encoding, True)
    assert table.notes == ()


def test_sources(tmp_path):
    raw = b"a,b\n1,2\n"
    path = tmp_path / "t.csv"
    path.write_bytes(raw)
    for source in (raw, path, str(path), io.BytesIO(raw)):
        assert read_table(source).frame.to_dict("list") == {"a": [1], "b": [2]}
    file = io.BytesIO(raw)
    assert len(read_table(file).frame) == len(read_table(file).frame) == 1
    with pytest.raises(DatasetError, match="could not be read"):
        read_table(tmp_path / "absent.csv")


def test_western_european_text_is_read_with_a_note():
    table = read_table("größe,€\n1,2\n".encode("cp1252"))
    assert list(table.frame.columns) == ["größe", "€"]
    assert "cp1252" in table.notes[0]
    assert list(read_table(b"\x81\xe4,b\n1,2\n").frame.columns) == ["\x81ä", "b"]


def test_encoding_and_delimiter_can_be_given():
    table = read_table("a,b;c\nж,1;2\n".encode("cp1251"), delimiter=";", encoding="cp1251")
    assert table.frame.to_dict("list") == {"a,b": ["ж,1"], "c": [2]}
    for options in ({"encoding": "klingon"}, {"encoding": "ascii"}, {"delimiter": "ab"}):
        with pytest.raises(DatasetError):
            read_table("a,b\nж,1\n".encode(), **options)


@pytest.mark.parametrize(
    ("raw", "columns"),
    [
        (b"5.1,3.5,setosa\n4.9,3.0,virginica\n", ["column 1", "column 2", "column 3"]),
        (b"0,0,5\n0,0,4\n", ["column 1", "column 2", "column 3"]),
        (b"7,abc\n8,def\n", ["column 1", "column 2"]),
        (b"0,1,2\n0,0,4\n", ["0", "1", "2"]),
        (b"country,2000,2001\nx,1,2\n", ["country", "2000", "2001"]),
        (b"a,b\nr1,1,2\nr2,3,4\n", ["column 1", "a", "b"]),
        (b",a\n0,1\n1,2\n", ["column 1", "a"]),
        (b"a,a,b,a (2)\n1,2,3,4\n", ["a", "a (2)", "b", "a (2) (2)"]),
    ],
)
def test_column_names(raw, columns):
    assert list(read_table(raw).frame.columns) == columns


def test_header_can_be_given():
    assert list(read_table(b"7,abc\n8,def\n", header=True).frame.columns) == ["7", "abc"]
    assert len(read_table(b"a,b\nc,d\n", header=False).frame) == 2


def test_words_for_no_value():
    table = read_table(b"a,b,c\n?,x,1\n2,NA,1\n3, - ,1\n,null,1\n5,?,1\n?,NA,\n")
    assert table.frame["a"].isna().tolist() == [True, False, False, True, False]
    assert table.frame["b"].isna().tolist() == [False, True, True, True, True]


def test_quoted_values_may_hold_anything():
    frame = read_table(b'a,b\n"x\ny, z",1\n"say ""hi""",2\n').frame
    assert frame["a"].tolist() == ["x\ny, z", 'say "hi"']


def test_decimal_commas_in_columns_with_text():
    frame = read_table(b"a;b\n1,5;2,5\nunknown;3,5\n").frame
    assert frame["a"].tolist() == ["1.5", "unknown"]
    assert frame["b"].tolist() == [2.5, 3.5]


@pytest.mark.parametrize(
    ("raw", "words"),
    [
        (b"", "empty"),
        (b" \n\n", "empty"),
        (b"a\n1\n2\n", "only one column"),
        (b"hello world\nthis is text\n", "only one column"),
        (b"a,b\n", "no rows"),
        (b"a,b\n,\n", "no rows"),
        (b"\x89PNG\r\n\x1a\n,,,", "PNG image"),
        (b"PK\x03\x04whatever", "ZIP archive is damaged"),
        (b"a,b\n1,\x00\n", "not a text file"),
        (bytes(range(1, 9)) * 50, "not a text file"),
        (b"a,b\n1,2\n1,2,3\n4,5\n", "Line 3 has 3 values where 2 are expected"),
        (b'a;b\n"x\n3\n', "never closed"),
        (",".join(f"c{i}" for i in range(2001)).encode() + b"\n", "2,001 columns"),
        (b"a,b\n" + b"1,2\n" * 200_001, "200,001 rows"),
    ],
)
def test_bad_files_are_explained(raw, words):
    with pytest.raises(DatasetError, match=words) as caught:
        read_table(raw)
    assert caught.value.problem.endswith(".")
    assert caught.value.hint.endswith(".")


@settings(max_examples=150, deadline=None)
@given(
    st.one_of(
        st.binary(max_size=60),
        st.text('ab1.,;\t|"\n\r -é', max_size=60).map(str.encode),
        st.text("a1,\n", min_size=5, max_size=60).map(str.encode),
    )
)
def test_anything_is_a_table_or_explained(raw):
    try:
        table = read_table(raw)
    except DatasetError:
        return
    assert len(table.frame) > 0
    assert len(set(table.frame.columns)) == table.frame.shape[1]


@settings(max_examples=60, deadline=None)
@given(
    st.lists(
        st.tuples(st.integers(-99, 99), st.floats(-9, 9), st.text("ab ,;\"'\né", min_size=1)),
        min_size=1,
        max_size=8,
    ),
    st.sampled_from([",", ";", "\t"]),
)
def test_what_pandas_writes_comes_back(rows, delimiter):
    frame = pd.DataFrame(rows, columns=["i", "f", "t"])
    frame["t"] = "x" + frame["t"] + "x"  # outer blanks are stripped, and are not the point
    raw = frame.to_csv(index=False, sep=delimiter).encode()
    back = read_table(raw, delimiter=delimiter).frame
    assert back["i"].tolist() == frame["i"].tolist()
    assert back["f"].tolist() == pytest.approx(frame["f"].tolist())
    assert back["t"].tolist() == frame["t"].tolist()
