"""Snapshots as ``.npz`` files: arrays and one JSON text, nothing of which is unpickled or run."""

import json
from collections.abc import Mapping
from dataclasses import asdict
from math import prod
from typing import Any

import numpy as np
import numpy.typing as npt

from nnlib.archives import File, opened, read_arrays, refusing
from nnlib.clock import Clock
from nnlib.config import Experiment, live_settings
from nnlib.history import Divergence, History, Series, event_from
from nnlib.snapshots import Snapshot

FORMAT = "nnlib snapshot 1"
MAX_SNAPSHOT_BYTES = 2**30
"""So many bytes a snapshot may unpack to, unless `load_snapshot` is told otherwise."""

Arrays = dict[str, npt.NDArray[Any]]
_MOST_NUMBERS = 100_000  # of a record, over replicas and layers
_PLAIN = ("step", "seconds", "events", "fingerprint")


def save_snapshot(file: File, snapshot: Snapshot) -> None:
    """Write a snapshot, for instance ``trainer.snapshot()``, as a compressed ``.npz``.

    Parameters
    ----------
    file : path or writable binary file
    """
    document, arrays = _written(snapshot, "")
    text = json.dumps({"format": FORMAT, **document}).encode()
    with opened(file, "wb") as stream:
        np.savez_compressed(
            stream, allow_pickle=False, description=np.frombuffer(text, np.uint8), **arrays
        )


def load_snapshot(file: File, *, most_bytes: int = MAX_SNAPSHOT_BYTES) -> Snapshot:
    """Read what `save_snapshot` wrote.

    Parameters
    ----------
    file : path or readable binary file
    most_bytes : refuse a file that unpacks to more

    Raises
    ------
    OSError
        if the file cannot be opened
    ValueError
        if it is no snapshot, or too large
    """
    with opened(file, "rb") as stream, refusing("snapshot", most_bytes):
        arrays = read_arrays(stream, most_bytes)
        document = json.loads(arrays.pop("description").tobytes())
        if document["format"] != FORMAT:
            raise ValueError("This is another format.")
        return _read(document, arrays, "")


def _written(snapshot: Snapshot, prefix: str) -> tuple[dict[str, Any], Arrays]:
    """Return a snapshot as a JSON document and arrays whose names begin with the prefix."""
    document: dict[str, Any] = {name: getattr(snapshot, name) for name in _PLAIN}
    for name in ("experiments", "started"):
        document[name] = [asdict(e) for e in getattr(snapshot, name)]
    document["stacked"] = bool(snapshot.lead)
    arrays = {f"{prefix}state.{name}": array for name, array in snapshot.arrays.items()}
    if snapshot.history is not None:
        document["history"], records = _written_history(snapshot.history, f"{prefix}history.")
        arrays |= records
    if snapshot.base is not None:
        document["base"], below = _written(snapshot.base, f"{prefix}base.")
        arrays |= below
    return document, arrays


def _read(document: Mapping[str, Any], arrays: Arrays, prefix: str) -> Snapshot:
    """Return the snapshot of a document; whatever does not fit raises."""
    experiments = {
        name: tuple(Experiment.from_json(json.dumps(e)) for e in document[name])
        for name in ("experiments", "started")
    }
    count = len(experiments["started"])
    step, events = int(document["step"]), int(document["events"])
    if len(experiments["experiments"]) != count or not count or not 0 <= step < 2**53 or events < 0:
        raise ValueError("The experiments are incomplete.")
    for now, then in zip(*experiments.values(), strict=True):
        live = {name: getattr(now.training, name) for name in live_settings()}
        if then.with_training(**live) != now:
            raise ValueError("A setting differs that cannot be changed in a run.")
    state, base = f"{prefix}state.", document.get("base")
    history = document.get("history")
    return Snapshot(
        step=step,
        seconds=float(document["seconds"]),
        **experiments,
        lead=(count,) if document["stacked"] else (),
        arrays={n.removeprefix(state): x for n, x in arrays.items() if n.startswith(state)},
        events=events,
        history=None if history is None else _read_history(history, arrays, f"{prefix}history."),
        fingerprint=str(document["fingerprint"]),
        base=None if base is None else _read(base, arrays, f"{prefix}base."),
        before=() if base is None and not prefix else None,
    )


def _written_history(history: History, prefix: str) -> tuple[dict[str, Any], Arrays]:
    document = {
        "layer_names": history.layer_names,
        "steps_per_epoch": history.steps_per_epoch,
        "engine": history.engine,
        "events": [asdict(event) for event in history.events],
        "divergences": [asdict(divergence) for divergence in history.divergences],
        "series": {n: {"labels": s.labels, "pace": s.pace} for n, s in history.series.items()},
    }
    arrays: Arrays = {}
    for name, series in history.series.items():
        arrays[f"{prefix}{name}.steps"] = series.steps
        arrays[f"{prefix}{name}.values"] = series.values
    arrays[f"{prefix}clock"] = history.clock.ticks
    return document, arrays


def _read_history(document: Mapping[str, Any], arrays: Arrays, prefix: str) -> History:
    history = History(tuple(map(str, document["layer_names"])), int(document["steps_per_epoch"]))
    history.engine = str(document["engine"])
    if f"{prefix}clock" in arrays:  # older files have none
        history.clock = Clock.of(arrays[f"{prefix}clock"])
    for name, about in document["series"].items():
        steps, values = arrays[f"{prefix}{name}.steps"], arrays[f"{prefix}{name}.values"]
        if steps.dtype != np.int64 or values.dtype != np.float64:
            raise ValueError("The records are of another type.")
        if prod(values.shape[1:]) > _MOST_NUMBERS:  # there may be none of them, so no bytes
            raise ValueError("The records are too wide.")
        offered, stride = map(int, about["pace"])
        if offered < 0 or stride < 1:
            raise ValueError("The records have no such pace.")
        labels = tuple(map(str, about["labels"]))
        history.series[name] = Series.of(steps, values, labels, (offered, stride))
    history.events += [event_from(each) for each in document["events"]]
    for each in document["divergences"]:
        replica = tuple(map(int, each["replica"]))
        place = int(each["step"]), str(each["layer"]), str(each["what"])
        history.divergences.append(Divergence(*place, replica))
    return history
