"""The tests that a visitor can ask for, each a picture or a table of the sick run."""

from collections.abc import Callable, Sequence

import numpy as np
import pandas as pd
import streamlit as st

import nnlib
from nnlib.config import is_read, setting_of
from nnlib.diagnosis import Remedy, describe
from nnlib.instruments import INSTRUMENTS
from pages.shared.charts.instruments import plot_instrument
from pages.shared.charts.theme import plain_number
from pages.shared.charts.training import plot_scores
from pages.shared.export import show_chart
from pages.shared.layout import wrapping_columns
from pages.shared.plain_text import plain

_SHOWN = 12  # columns of the data that are listed


def _settings(trainer: nnlib.Trainer) -> None:
    for part, config in (("network", trainer.experiment.network), ("training", trainer.config)):
        kind = type(config)
        fields = {
            name: getattr(config, name)
            for name in kind.__dataclass_fields__
            if name != "seed" and is_read(config, name) and not _is_off(kind, config, name)
        }
        lines = [describe(Remedy({part: {name: value}}, "")) for name, value in fields.items()]
        st.markdown(f"The {part}:\n" + "\n".join(f"- {plain(line)}" for line in lines))


def _is_off(kind: type, config: object, name: str) -> bool:
    value, off = getattr(config, name), setting_of(kind, name).off
    return value is False or (off is not None and value == off)


def _data(trainer: nnlib.Trainer) -> None:
    data = trainer.data
    X = np.asarray(data.features("train"), float)
    st.markdown(
        f"**{plain(data.name)}**: {data.task}, {len(data.X_train):,} training and "
        f"{len(data.X_val):,} validation rows, {data.n_features:,} inputs. As the network sees "
        f"them{'' if data.n_features <= _SHOWN else f', the first {_SHOWN}'}:"
    )
    frame = pd.DataFrame(
        {"mean": X.mean(axis=0), "deviation": X.std(axis=0), "least": X.min(0), "most": X.max(0)}
    )
    frame.insert(0, "input", list(data.feature_names))
    st.dataframe(frame.head(_SHOWN), hide_index=True)
    y = np.asarray(data.y_train)
    if data.task == "regression":
        st.markdown(
            f"The target: mean {plain_number(float(y.mean()))}, deviation "
            f"{plain_number(float(y.std()))}."
        )
    else:
        counts = np.bincount(y, minlength=len(data.class_names))
        shares = zip(data.class_names, counts / len(y), strict=True)
        listed = ", ".join(f"{plain(name)} {share:.0%}" for name, share in shares)
        st.markdown(f"Shares of the classes in training: {listed}.")


def _scores(trainer: nnlib.Trainer) -> None:
    show_chart(plot_scores(trainer.history), "clinic_scores")


def _instrument(name: str) -> Callable[[nnlib.Trainer], None]:
    def show(trainer: nnlib.Trainer) -> None:
        show_chart(plot_instrument(trainer.history, INSTRUMENTS[name]), f"clinic_{name}")

    return show


TESTS: dict[str, Callable[[nnlib.Trainer], None]] = {
    "Settings": _settings,
    "Data": _data,
    "Scores": _scores,
    **{instrument.title or name: _instrument(name) for name, instrument in INSTRUMENTS.items()},
}
"""Every test by its name."""


def show_tests(trainer: nnlib.Trainer, asked: Sequence[str]) -> None:
    """Draw the tests that were asked for, in rows of two."""
    for start in range(0, len(asked), 2):
        row = wrapping_columns(2, key=f"clinic_tests_{start}")
        for column, name in zip(row, asked[start : start + 2], strict=False):
            with column, st.container(border=True):
                st.markdown(f"**{name}**")
                TESTS[name](trainer)
