"""The declaration of a config field, and what validates the fields by it."""

from __future__ import annotations

from dataclasses import dataclass, field, fields
from numbers import Integral, Real
from typing import Any

import numpy as np


@dataclass(frozen=True)
class Setting:
    """The declaration of one config field.

    `low` and `high` are inclusive; `log` says that the useful scale is logarithmic; `off` names
    the value that switches the feature off. `step` is the distance of values on a linear scale,
    `stops` are values to choose from where neither scale will do. `live` says that it can be
    changed during a run, `stacked` that the replicas of a stack may differ in it. `read_by` names
    the field whose choice decides whether this one is read at all. `key` is the field's name in an
    address, where that is not its own.
    """

    label: str
    help: str
    low: float | None = None
    high: float | None = None
    log: bool = False
    off: float | None = None
    choices: tuple[str, ...] = ()
    step: float | None = None
    stops: tuple[float, ...] = ()
    live: bool = False
    stacked: bool = False
    read_by: str = ""
    key: str = ""


def setting_of(config_class: type, name: str) -> Setting:
    """Return the declaration of a field, for instance ``setting_of(TrainingConfig, "epochs")``."""
    declared = next(f for f in fields(config_class) if f.name == name)
    found: Setting = declared.metadata["setting"]
    return found


def setting(default: Any, label: str, help: str, **declared: Any) -> Any:
    """Declare a config field; further keywords are those of `Setting`."""
    return field(default=default, metadata={"setting": Setting(label, help, **declared)})


class Validated:
    """Checks every field against its declaration when the object is made."""

    def __post_init__(self) -> None:
        for f in fields(self):  # type: ignore[arg-type]
            value = _checked(f.name, getattr(self, f.name), str(f.type), f.metadata["setting"])
            object.__setattr__(self, f.name, value)


def _checked(name: str, value: Any, kind: str, setting: Setting) -> Any:
    if kind == "float":
        return _checked_number(name, value, setting, Real, float)
    if kind == "int":
        return _checked_number(name, value, setting, Integral, int)
    if kind == "bool" and not isinstance(value, bool | np.bool_):
        raise ValueError(f"{name} must be true or false, not {value!r}.")
    if kind == "str" and setting.choices and value not in setting.choices:
        raise ValueError(f"{name} must be one of {', '.join(setting.choices)}, not {value!r}.")
    return bool(value) if kind == "bool" else value


def _checked_number(name: str, value: Any, setting: Setting, kind: type, cast: type) -> Any:
    if not isinstance(value, kind) or isinstance(value, bool | np.bool_):
        noun = "a whole number" if cast is int else "a number"
        raise ValueError(f"{name} must be {noun}, not {value!r}.")
    try:
        value = cast(value)
    except OverflowError:
        raise ValueError(f"{name} is too large a number.") from None
    low = -np.inf if setting.low is None else setting.low
    high = np.inf if setting.high is None else setting.high
    if value != setting.off and not low <= value <= high:
        off = "" if setting.off is None else f"{_plain(setting.off)} (off) or "
        raise ValueError(
            f"{name} must be {off}between {_plain(low)} and {_plain(high)}, not {_plain(value)}."
        )
    return value


def _plain(value: float) -> str:
    if isinstance(value, int):
        return f"{value:,}" if abs(value) < 10**15 else "so large a number"
    return f"{value:g}"
