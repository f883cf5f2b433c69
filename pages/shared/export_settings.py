"""What exported files say of themselves: the page, the data, and all settings in one line."""

from __future__ import annotations

import functools
import html
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field, fields, replace
from typing import Any

import streamlit as st

import nnlib
from nnlib.config import DataReference, NetworkConfig, TrainingConfig, is_read, setting_of
from nnlib.lineage import Lineage, is_plain, lineage_document
from pages.shared import widgets
from pages.shared.charts.numbers import plain_number
from pages.shared.controls import label_of
from pages.shared.origins import FORMAT

_KEY = "source_of_exports"
_ALWAYS = (
    "hidden",
    "activation",
    "initializer",
    "optimizer",
    "learning_rate",
    "batch_size",
    "epochs",
    "seed",
)
_MOST_CHANGES = 200  # of a run that a file tells; with more it would be too long to be read
_NOT_OF_THE_CHART = ("lecture", "hide")


@dataclass(frozen=True)
class Source:
    """Where the charts of a page come from.

    Attributes
    ----------
    page, path : its title, and its path in the address
    query : what the address says, which is what differs from the page's defaults
    step : of the run that the charts show
    changed : whether settings and step do not say all of the run
    lineage : then, what does; None where that is not known
    engine : that made its steps
    cursor : the step that every chart over steps marks; of a run that is looked at in its past
    plays : whether the charts change by themselves
    values : what all widgets say, by the names that they have in an address
    """

    page: str
    experiment: nnlib.Experiment | None = None
    path: str = ""
    query: Mapping[str, list[str]] = field(default_factory=dict)
    step: int | None = None
    changed: bool = False
    lineage: Lineage | None = None
    engine: str = "numpy"
    cursor: int | None = None
    plays: bool = False
    values: Mapping[str, Any] = field(default_factory=dict)

    @property
    def line(self) -> str:
        """All settings in one readable line."""
        if self.experiment is not None:
            return settings_line(self.experiment)
        chosen = (f"{name} {', '.join(values)}" for name, values in self.query.items())
        return " · ".join([self.page, *chosen])

    def note(self, title: str) -> str:
        """Return what a file says of its chart, as JSON in ASCII; `origins` reads it."""
        return json.dumps(self._said(title), separators=(",", ":"))

    def document(self, title: str) -> str:
        """Return the same and what all widgets say, to be read, to lie beside a chart's numbers."""
        said = self._said(title) | {"settings": self.line, "values": dict(self.values)}
        return json.dumps(said, indent=2, ensure_ascii=False, default=str)

    def _said(self, title: str) -> dict[str, Any]:
        plain = html.unescape(re.sub(r"<[^>]*>", " ", title))
        experiment = None if self.experiment is None else _document(self.experiment)
        return {
            "format": FORMAT,
            "nnlib": nnlib.__version__,
            "title": " ".join(plain.split()),
            "page": self.page,
            "path": self.path,
            "query": dict(self.query),
            "step": self.step,
            "changed": self.changed,
            "lineage": None if self.lineage is None else lineage_document(self.lineage),
            "engine": self.engine,
            "experiment": experiment,
        }

    def file_name(self, name: str) -> str:
        """Return a chart's file name with the page's and the data's, without ending."""
        data = self.experiment.data.name if self.experiment else ""
        parts = [re.sub(r"[^\w]+", "-", part.lower()).strip("-") for part in (self.page, data)]
        name = name.removeprefix(f"{parts[0]}-")  # some charts are called after their page
        return "-".join([part for part in parts if part] + [name])


@functools.lru_cache(maxsize=16)
def _document(experiment: nnlib.Experiment) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(experiment.to_json())
    return found


def begin(page: str, path: str) -> None:
    """Begin a page: its charts come from what its address says, until `describe` knows better."""
    st.session_state[_KEY] = Source(page, path=path)


def describe(experiment: nnlib.Experiment) -> None:
    """Say which experiment the page's charts are of."""
    st.session_state[_KEY] = replace(source(), experiment=experiment)


def show_state(
    trainer: nnlib.Trainer, lineage: Lineage | None, cursor: int | None, plays: bool
) -> None:
    """Say which run, at which step, and made of what, the page's charts show."""
    plain = lineage is not None and is_plain(lineage)
    told = lineage is not None and sum(1 + len(each.events) for each in lineage) <= _MOST_CHANGES
    st.session_state[_KEY] = replace(
        source(),
        experiment=trainer.experiment,
        step=trainer.step,
        changed=not plain,
        lineage=lineage if told and not plain else None,
        engine=trainer.history.engine,
        cursor=cursor,
        plays=plays,
    )


def source() -> Source:
    """Return where this page's charts come from."""
    found: Source = st.session_state.get(_KEY, Source(""))
    query = {k: st.query_params.get_all(k) for k in st.query_params if k not in _NOT_OF_THE_CHART}
    return replace(found, query=query, values=dict(widgets.values_shown()))


def settings_line(experiment: nnlib.Experiment) -> str:
    """Return an experiment in one line: data, network, training, and what is not as usual."""
    configs: tuple[Any, ...] = (experiment.network, experiment.training)
    parts = [_data(experiment.data)]
    parts += [_said(config, f.name) for config in configs for f in fields(config)]
    return " · ".join(part for part in parts if part)


def _data(reference: DataReference) -> str:
    options = ", ".join(f"{label_of(name)} {_value(value)}" for name, value in reference.options)
    name = reference.name.replace("_", " ")
    return f"{name} ({options})" if options else name


def _said(config: NetworkConfig | TrainingConfig, name: str) -> str:
    value = getattr(config, name)
    usual = value == getattr(type(config)(), name)
    if not is_read(config, name) or (usual and name not in _ALWAYS):
        return ""
    if name == "hidden":
        return "-".join(map(str, value)) + " hidden units" if value else "no hidden layer"
    setting = setting_of(type(config), name)
    if setting.choices:
        return label_of(value)
    capital = setting.label[1:2].isupper() or setting.label[1:2].isdigit()  # as in L2
    label = setting.label if capital else setting.label[0].lower() + setting.label[1:]
    return label if isinstance(value, bool) else f"{label} {_value(value)}"


def _value(value: str | float) -> str:
    return value if isinstance(value, str) else plain_number(float(value))
