"""A run as one file: a ZIP archive of JSON, NumPy arrays and CSV, nothing of which is executed.

It holds what the run was made of, what it recorded and where it ended, and the data where they may
be handed on, so that it can be gone on with, or trained again; see `nnlib.replay`.
"""

import csv
import io
import json
from collections.abc import Mapping
from dataclasses import asdict, fields, replace
from typing import Any
from zipfile import ZIP_DEFLATED, ZIP_STORED, ZipFile

import numpy as np
import numpy.typing as npt

from nnlib.archives import File, open_zip, opened, read_arrays, refusing
from nnlib.datasets.dataset import SPLITS, Dataset
from nnlib.datasets.saved import restore as restored_preprocessing
from nnlib.datasets.splitting import Split
from nnlib.instruments import INSTRUMENTS, Every, Instrument
from nnlib.put_away import Run, run_of
from nnlib.snapshot_files import load_snapshot, save_snapshot
from nnlib.training import Trainer

FORMAT = "nnlib run 1"
MAX_RUN_BYTES = 2**30
"""So many bytes a run file may unpack to, unless `load_run` is told otherwise."""
_NAMES = ("feature_names", "class_names", "target_names", "notes")
_COLUMNS = ("series", "step", "epoch", "seconds", "replica", "layer", "value")


def save_run(file: File, trainer: Trainer, *, with_data: bool = True) -> None:
    """Write a run, at its end or in its middle, as a ``.zip``.

    Parameters
    ----------
    file : path or writable binary file
    with_data : whether the file holds the data as well; without them it has their fingerprint

    Raises
    ------
    ValueError
        if the run has a schedule, minibatches or instruments that no file can hold
    """
    run, data = run_of(trainer), trainer.data
    document = {
        "format": FORMAT,
        "experiments": [asdict(e) for e in trainer.experiments],
        "status": run.status,
        "steps": trainer.step,
        "events": [asdict(event) for event in trainer.history.events],
        "data": {
            **{name: getattr(data, name) for name in ("name", "task", "image_shape", *_NAMES)},
            "fingerprint": run.fingerprint,
        },
        "preparation": run.preparation,
        "dtype": run._options["dtype"],
        "evaluations": run._options["evaluations"],
        "instruments": _written_instruments(run._options["instruments"]),
        "versions": run.versions,
    }
    arrays = io.BytesIO()
    save_snapshot(arrays, run.snapshot)
    with opened(file, "wb") as stream, ZipFile(stream, "w", ZIP_DEFLATED) as archive:
        archive.writestr("run.json", json.dumps(document, indent=2))
        archive.writestr("history.csv", _history_csv(trainer))
        archive.writestr("snapshot.npz", arrays.getvalue(), ZIP_STORED)
        if with_data:
            archive.writestr("data.npz", _data_arrays(data), ZIP_STORED)


def load_run(file: File, *, most_bytes: int = MAX_RUN_BYTES, with_data: bool = True) -> Run:
    """Read what `save_run` wrote.

    Parameters
    ----------
    file : path or readable binary file
    most_bytes : refuse a file that unpacks to more
    with_data : whether data in the file are read, and count; without them it is not known whether
        the parts of the run fit together

    Raises
    ------
    OSError
        if the file cannot be opened
    ValueError
        if it is no such run, or too large
    """
    unread = () if with_data else ("data.npz", "history.csv")
    with opened(file, "rb") as stream, refusing("run", most_bytes):
        with open_zip(stream, most_bytes, unread) as archive:
            document = json.loads(archive.read("run.json"))
            snapshot = io.BytesIO(archive.read("snapshot.npz"))
            within = with_data and "data.npz" in archive.namelist()
            arrays = io.BytesIO(archive.read("data.npz")) if within else None
        return _read(document, snapshot, arrays, most_bytes)


def _read(
    document: dict[str, Any], snapshot: io.BytesIO, arrays: io.BytesIO | None, most_bytes: int
) -> Run:
    """Return the run of a file's entries; whatever does not fit raises."""
    if document["format"] != FORMAT or document["dtype"] not in ("float32", "float64"):
        raise ValueError("This is another format.")
    kept = load_snapshot(snapshot, most_bytes=most_bytes)
    if kept.history is None:
        raise ValueError("There is no history.")
    data = None
    if arrays is not None:
        data = _data(document, read_arrays(arrays, most_bytes))
    options = {
        "dtype": document["dtype"],
        "evaluations": bool(document["evaluations"]),
        "instruments": [_instrument(n, every) for n, every in document["instruments"].items()],
        "engine": {"numpy": "numpy", "compiled": "compiled"}[kept.history.engine],
    }
    run = Run(
        kept,
        data,
        str(document["data"]["fingerprint"]),
        document["preparation"],
        str(document["status"]),
        {str(name): str(version) for name, version in document["versions"].items()},
        options,
    )
    if data is not None:
        run.end()  # raises where its parts do not fit together
    return run


def _written_instruments(instruments: list[Instrument]) -> dict[str, int]:
    written = {}
    for each in instruments:
        if each.name not in INSTRUMENTS or not isinstance(each.cadence, Every):
            raise ValueError(f"The instrument {each.name} cannot be written to a file.")
        written[each.name] = each.cadence.interval
    return written


def _instrument(name: str, interval: int) -> Instrument:
    if not 1 <= interval <= 2**53:
        raise ValueError("There is no such cadence.")
    return replace(INSTRUMENTS[name], cadence=Every(int(interval)))


def _history_csv(trainer: Trainer) -> str:
    text = io.StringIO()
    writer = csv.DictWriter(text, _COLUMNS, lineterminator="\n")
    writer.writeheader()
    writer.writerows(trainer.history.rows())
    return text.getvalue()


def _data_arrays(data: Dataset) -> bytes:
    arrays = dict(data._arrays())
    for split, numbers in zip(SPLITS, data.row_numbers or (), strict=False):
        arrays[f"row_numbers_{split}"] = numbers
    stream = io.BytesIO()
    np.savez_compressed(stream, allow_pickle=False, **arrays)
    return stream.getvalue()


def _data(document: Mapping[str, Any], arrays: dict[str, npt.NDArray[Any]]) -> Dataset:
    about = document["data"]
    numbers = [arrays.pop(f"row_numbers_{split}", None) for split in SPLITS]
    shape, prepared = about["image_shape"], document["preparation"]
    known = {f.name for f in fields(Dataset)}
    values: dict[str, Any] = {name: array for name, array in arrays.items() if name in known}
    values |= {name: tuple(map(str, about[name])) for name in _NAMES}
    whole = [n for n in numbers if n is not None]
    data = Dataset(
        name=str(about["name"]),
        task=str(about["task"]),
        **values,
        image_shape=None if shape is None else (int(shape[0]), int(shape[1])),
        preprocessing=None if prepared is None else restored_preprocessing(prepared),
        row_numbers=Split(*whole) if len(whole) == len(SPLITS) else None,
    )
    if data.fingerprint != about["fingerprint"]:
        raise ValueError("The data are not those of the run.")
    return data
