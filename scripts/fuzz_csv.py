"""Throw damaged tables at the reader: each must end as a `Dataset` or a `DatasetError`, in time.

``python scripts/fuzz_csv.py 20000`` takes the files of the catalogue of tests, damages them at
random and reads them in processes that may use 1 GiB. An input that breaks the rule is written to
``fuzz-failures/``. The damage depends on the number of the input alone, so that a failure comes
again: ``python scripts/fuzz_csv.py 1 --first NUMBER``.
"""

from __future__ import annotations

import argparse
import gzip
import random
import resource
import sys
import time
import traceback
import zlib
from collections import Counter
from concurrent.futures import ProcessPoolExecutor
from functools import cache
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT), str(ROOT / "tests")]

from csv_files import HOSTILE, PAIRS, PLAIN, SINGLES, polluted  # noqa: E402

from nnlib.datasets import (  # noqa: E402
    Dataset,
    DatasetError,
    check_table,
    from_frame,
    read_table,
    summarize_columns,
)

SECONDS = 5.0
BYTES = 1024**3
LONGEST = 200_000  # of an input, that many bytes are damaged and read
PIECES = [
    b",", b";", b"\t", b"|", b'"', b"'", b"\\", b"\n", b"\r", b"\r\n", b"\x00", b"\xff", b"\xfe",
    b"\xef\xbb\xbf", b"#", b"sep=;\n", b"NA", b"inf", b"-", b"1e999", b"9" * 30, b"1,234.5",
    b"1.234,5", b"$", b"%", "€".encode(), "\u2028".encode(), "\u202e".encode(), b"=1+1",
    b"<b>", b"2024-02-30", b"01.02.2023", b"true", b"\x1f\x8b", b"PK\x03\x04", b"PAR1", b"\x85",
    b"@relation x\n", b"@data\n", b'{"a": 1}\n', b"12 kg", b"01:30:00", b"1991 W06", b"Total,",
    b"20240131", b"007", b"2E2", b"12,34,567", b"5-", b"none", b"1.234", b"a,b,c,d\n",
    b"\x1a", b"\xed\xa0\x80", b"\n\n\n", b",,,,,,", b'""', b'"""',
]  # fmt: skip


@cache
def seeds() -> list[bytes]:
    """Return the files that are damaged, none of them long."""
    files = [PLAIN, *(polluted(names) for names in (*SINGLES, *PAIRS[::4])), *HOSTILE.values()]
    return [*(f for f in files if len(f) <= LONGEST), *_packed()]


def _packed() -> list[bytes]:
    import io

    import pandas as pd

    frame = pd.read_csv(io.BytesIO(PLAIN))
    book, parquet = io.BytesIO(), io.BytesIO()
    frame.to_excel(book, index=False)
    frame.to_parquet(parquet)
    # Several times over, for workbooks and Parquet to be a fair share of the inputs.
    return [book.getvalue(), parquet.getvalue(), gzip.compress(PLAIN, mtime=0)] * 6


def damaged(number: int) -> bytes:
    """Return the input of that number."""
    rng = random.Random(number)
    raw = bytearray(rng.choice(seeds()))
    for _ in range(rng.choice((0, 1, 1, 2, 4, 8, 30))):
        at = rng.randrange(len(raw) + 1)
        length = min(rng.choice((1, 1, 2, 8, 60)), len(raw) - at)
        kind = rng.randrange(7)
        if kind == 0:
            raw[at : at + length] = rng.randbytes(length)
        elif kind == 1:
            raw[at:at] = rng.choice(PIECES)
        elif kind == 2:
            del raw[at : at + length]
        elif kind == 3:
            raw[at:at] = raw[at : at + length] * rng.choice((1, 2, 50))
        elif kind == 4:
            raw[at : at + length] = rng.choice(PIECES)
        elif kind == 5:
            other = rng.choice(seeds())
            cut = rng.randrange(len(other) + 1)
            raw[at:] = other[cut : cut + LONGEST]
        else:
            old, new = rng.choice(PIECES), rng.choice(PIECES)
            raw = bytearray(bytes(raw).replace(old, new))
    raw = raw[:LONGEST]
    return gzip.compress(bytes(raw), 1) if number % 37 == 0 else bytes(raw)


def outcome_of(raw: bytes) -> str:
    """Return "data set", "refused", or what went wrong."""
    started = time.perf_counter()
    try:
        frame = read_table(raw).frame
        summarize_columns(frame)
        made = from_frame(frame, drop_missing_target=True)
        check_table(frame, made.target_names[0], made.task, list(frame.columns))
        said = "data set" if isinstance(made, Dataset) else f"a {type(made).__name__}"
    except DatasetError as error:
        sentences = (error.problem, error.hint)
        said = "refused" if all(s.endswith(".") for s in sentences) else f"no sentence: {error}"
    except BaseException as error:  # whatever it is, it is a bug, and memory that ran out too
        where = traceback.extract_tb(error.__traceback__)[-1]
        said = f"{type(error).__name__}: {str(error)[:200]} ({where.filename}:{where.lineno})"
    seconds = time.perf_counter() - started
    return said if seconds <= SECONDS else f"{seconds:.1f} seconds, then {said}"


def limit_memory() -> None:
    """Let this process have 1 GiB more than it has."""
    with open("/proc/self/statm") as file:
        now = int(file.read().split()[0]) * resource.getpagesize()
    resource.setrlimit(resource.RLIMIT_AS, (now + BYTES, now + BYTES))


def _start() -> None:
    outcome_of(PLAIN)  # so that imports do not count
    for packed in _packed()[:3]:
        outcome_of(packed)
    limit_memory()


def _one(number: int) -> tuple[int, str]:
    return number, outcome_of(damaged(number))


def fuzz(numbers: range, processes: int = 2) -> tuple[Counter[str], list[tuple[int, str]]]:
    """Read the inputs of these numbers; return how they ended and which broke the rule."""
    with ProcessPoolExecutor(processes, initializer=_start) as pool:
        ended = list(pool.map(_one, numbers, chunksize=20))
    failures = [(n, said) for n, said in ended if said not in ("data set", "refused")]
    return Counter(said for _, said in ended if said in ("data set", "refused")), failures


def main() -> int:
    """Fuzz as the command line says."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("count", type=int, nargs="?", default=20_000)
    parser.add_argument("--first", type=int, default=0, help="number of the first input")
    options = parser.parse_args()
    started = time.perf_counter()
    counts, failures = fuzz(range(options.first, options.first + options.count))
    for number, said in failures:
        folder = ROOT / "fuzz-failures"
        folder.mkdir(exist_ok=True)
        content = damaged(number)
        (folder / f"{number}-{zlib.crc32(content):08x}.bin").write_bytes(content)
        print(f"input {number}: {said}")
    print(
        f"{options.count:,} inputs in {time.perf_counter() - started:.0f} s: "
        f"{counts['data set']:,} data sets, {counts['refused']:,} refused, {len(failures):,} failed"
    )
    return bool(failures)


if __name__ == "__main__":
    sys.exit(main())
