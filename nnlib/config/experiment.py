"""Everything that determines a run, and its form as JSON."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields, replace
from typing import Any

from nnlib.config.network import NetworkConfig
from nnlib.config.training import TrainingConfig

OptionValue = str | int | float | bool


@dataclass(frozen=True)
class DataReference:
    """Which data set a run used: its name, its options, and a fingerprint of its content."""

    name: str = ""
    options: tuple[tuple[str, OptionValue], ...] = ()
    fingerprint: str = ""

    def __post_init__(self) -> None:
        pairs = self.options.items() if isinstance(self.options, Mapping) else self.options
        object.__setattr__(self, "options", _checked_options(pairs))


def _checked_options(pairs: Any) -> tuple[tuple[str, OptionValue], ...]:
    try:
        options = tuple((str(name), value) for name, value in pairs)
    except (TypeError, ValueError):
        raise ValueError(f"options must be pairs of a name and a value, not {pairs!r}.") from None
    for name, value in options:
        if not isinstance(value, str | int | float | bool):
            raise ValueError(f"The option {name} must be a text or a number, not {value!r}.")
    return options


@dataclass(frozen=True)
class Experiment:
    """Everything that determines a run; the same Experiment and data give the same numbers."""

    network: NetworkConfig = field(default_factory=NetworkConfig)
    training: TrainingConfig = field(default_factory=TrainingConfig)
    data: DataReference = field(default_factory=DataReference)

    def with_training(self, **changes: Any) -> Experiment:
        """Return a copy with changed fields of `training`; unknown names raise TypeError."""
        return replace(self, training=replace(self.training, **changes))

    def with_network(self, **changes: Any) -> Experiment:
        """Return a copy with changed fields of `network`; unknown names raise TypeError."""
        return replace(self, network=replace(self.network, **changes))

    @property
    def settings(self) -> dict[str, Any]:
        """All settings of network and training by name."""
        return asdict(self.network) | asdict(self.training)

    def to_json(self) -> str:
        """Return the experiment as indented JSON."""
        return json.dumps(asdict(self), indent=2)

    @classmethod
    def from_json(cls, text: str) -> Experiment:
        """Read what `to_json` wrote; fields left out take their defaults.

        Raises ValueError if the text is not JSON, names an unknown field, or holds a value out of
        bounds.
        """
        try:
            document = json.loads(text)
        except json.JSONDecodeError as error:
            raise ValueError(f"This is not JSON: {error}.") from error
        parts = {"network": NetworkConfig, "training": TrainingConfig, "data": DataReference}
        known = _known_fields("experiment", document, parts)
        return cls(**{name: _from_mapping(name, parts[name], v) for name, v in known.items()})


def _from_mapping(name: str, config_class: type[Any], document: Any) -> Any:
    declared = {f.name: f for f in fields(config_class)}
    return config_class(**_known_fields(name, document, declared))


def _known_fields(name: str, document: Any, known: Mapping[str, object]) -> dict[str, Any]:
    if not isinstance(document, dict):
        raise ValueError(f"{name} must be an object with named fields, not {document!r}.")
    unknown = sorted(set(document) - set(known))
    if unknown:
        raise ValueError(f"{name} has no field {', '.join(unknown)}.")
    return document
