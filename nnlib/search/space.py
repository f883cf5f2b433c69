"""What a search varies: fields of an experiment and the ranges that their values come from."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, fields, replace
from functools import cache
from itertools import islice
from typing import TYPE_CHECKING, Any

import numpy as np

from nnlib.config import Experiment, NetworkConfig, TrainingConfig, setting_of
from nnlib.forks import changed

if TYPE_CHECKING:
    from optuna import Trial

Settings = dict[str, Any]
"""Values of knobs by name."""
DEPTH, WIDTH = "depth", "width"
"""Knobs that are no fields: the number of hidden layers, and the units that all of them have."""
_SHAPE_BOUNDS = {DEPTH: (0, 64), WIDTH: (1, 4096)}


@dataclass(frozen=True)
class When:
    """Another knob, and the values of it with which a knob is there."""

    knob: str
    values: tuple[Any, ...]


@dataclass(frozen=True)
class Range:
    """Numbers from `low` to `high`, both included.

    Attributes
    ----------
    log : whether they are spread evenly over the logarithm; None: as the field is declared
    whole : whether they are whole numbers; None: as the field is declared
    when : the choice of another knob that this one needs
    """

    low: float
    high: float
    log: bool | None = None
    whole: bool | None = None
    when: When | None = None


@dataclass(frozen=True)
class Choice:
    """One of some options; `when` as of a `Range`."""

    options: tuple[Any, ...]
    when: When | None = None


Space = Mapping[str, Range | Choice]


@cache
def config_class_of(name: str) -> type[NetworkConfig] | type[TrainingConfig] | None:
    """Return which config has this field, or None."""
    for config_class in (NetworkConfig, TrainingConfig):
        if any(f.name == name for f in fields(config_class)):
            return config_class
    return None


def resolved(space: Space, *, of_experiments: bool = True) -> dict[str, Range | Choice]:
    """Return the space with every range's scale decided.

    Parameters
    ----------
    of_experiments : whether the knobs are fields of an experiment, `DEPTH` or `WIDTH`

    Raises
    ------
    ValueError
        if the space is empty, a knob is unknown or needs one that does not come before it, a range
        is empty or out of the bounds of its field, or a choice has no options
    """
    if not space:
        raise ValueError("The search needs at least one knob.")
    found: dict[str, Range | Choice] = {}
    for name, knob in space.items():
        if knob.when is not None and knob.when.knob not in found:
            raise ValueError(f"{name} depends on {knob.when.knob}, which must come before it.")
        if isinstance(knob, Choice):
            if len(set(map(str, knob.options))) < max(1, len(knob.options)):
                raise ValueError(f"{name} needs options that differ.")
            found[name] = knob
        else:
            found[name] = _range(name, knob, of_experiments)
        if of_experiments:
            _check_values(name, found[name])
    if "hidden" in found and (DEPTH in found or WIDTH in found):
        raise ValueError("depth and width say what hidden is: vary either.")
    return found


def _range(name: str, knob: Range, of_experiments: bool) -> Range:
    log, whole = bool(knob.log), bool(knob.whole)
    config_class = config_class_of(name) if of_experiments else None
    if config_class is not None:
        declared = {f.name: str(f.type) for f in fields(config_class)}[name]
        if declared not in ("int", "float"):
            raise ValueError(f"{name} has no numbers to range over; give it a Choice.")
        log = setting_of(config_class, name).log if knob.log is None else knob.log
        whole = declared == "int"
    elif of_experiments and name in _SHAPE_BOUNDS:
        log = name == WIDTH if knob.log is None else knob.log
        whole = True
    if not (np.isfinite(knob.low) and np.isfinite(knob.high) and knob.low < knob.high):
        raise ValueError(f"{name} needs a range from a lower to a higher number.")
    if log and knob.low <= 0:
        raise ValueError(f"{name} needs a range above 0, where it is logarithmic.")
    low, high = (int(knob.low), int(knob.high)) if whole else (float(knob.low), float(knob.high))
    return replace(knob, low=low, high=high, log=log, whole=whole)


def _check_values(name: str, knob: Range | Choice) -> None:
    """Raise ValueError where a knob's ends or options are none of its field's values."""
    values = knob.options if isinstance(knob, Choice) else (knob.low, knob.high)
    if name in _SHAPE_BOUNDS:
        low, high = _SHAPE_BOUNDS[name]
        if not all(low <= value <= high for value in values):
            raise ValueError(f"{name} must be between {low} and {high:,}.")
        return
    for value in values:
        changed(Experiment(), {name: value})


def drawn(space: Mapping[str, Range | Choice], draw: Callable[[str], Any]) -> Settings:
    """Return a value of every knob that is there, drawn in their order."""
    settings: Settings = {}
    for name, knob in space.items():
        if is_there(knob, settings):
            settings[name] = draw(name)
    return settings


def is_there(knob: Range | Choice, settings: Mapping[str, Any]) -> bool:
    """Whether the values of the knobs before it let this one have one."""
    return knob.when is None or settings.get(knob.when.knob) in knob.when.values


def experiment_with(base: Experiment, settings: Mapping[str, Any]) -> Experiment:
    """Return the experiment with the values of knobs in it."""
    plain = {name: value for name, value in settings.items() if name not in _SHAPE_BOUNDS}
    if len(plain) < len(settings):
        plain["hidden"] = hidden_with(base, settings)
    return changed(base, plain)


def hidden_with(base: Experiment, settings: Mapping[str, Any]) -> tuple[int, ...]:
    """Return the widths of the hidden layers with the values of knobs in them."""
    hidden: tuple[int, ...] = settings.get("hidden", base.network.hidden)
    if DEPTH not in settings and WIDTH not in settings:
        return hidden
    width = settings.get(WIDTH, hidden[0] if hidden else NetworkConfig().hidden[0])
    return (int(width),) * int(settings.get(DEPTH, len(hidden)))


def suggested(trial: Trial, name: str, knob: Range | Choice) -> Any:
    """Return the value that a trial of Optuna has for the knob."""
    if isinstance(knob, Choice):
        stored = trial.suggest_categorical(name, [_storable(option) for option in knob.options])
        return decoded(knob, stored)
    if knob.whole:
        return trial.suggest_int(name, int(knob.low), int(knob.high), log=bool(knob.log))
    return trial.suggest_float(name, knob.low, knob.high, log=bool(knob.log))


def decoded(knob: Range | Choice, value: Any) -> Any:
    """Return the value of a knob that Optuna's stands for."""
    if isinstance(knob, Choice):
        return next(option for option in knob.options if _storable(option) == value)
    return value


def encoded(knob: Range | Choice, value: Any) -> Any:
    """Return a value of a knob as Optuna has it."""
    return _storable(value) if isinstance(knob, Choice) else value


def _storable(option: Any) -> str | int | float | bool:
    return option if isinstance(option, str | int | float | bool) else str(option)


def levels_of(knob: Range | Choice, count: int) -> list[Any]:
    """Return the options, or at most so many numbers at even distances on the knob's scale."""
    if isinstance(knob, Choice):
        return list(knob.options)
    spaced = (np.geomspace if knob.log else np.linspace)(knob.low, knob.high, count)
    if knob.whole:
        return sorted({int(value) for value in np.rint(spaced)})
    inner = [float(f"{value:.6g}") for value in spaced[1:-1]]
    return [knob.low, *inner, knob.high]


def place_in(knob: Range | Choice, value: Any) -> float:
    """Return where a value is, from 0 to 1 on the scale of a range or among ordered options."""
    if isinstance(knob, Choice):
        return knob.options.index(value) / (len(knob.options) - 1)
    low, high, at = (
        np.log((knob.low, knob.high, value)) if knob.log else (knob.low, knob.high, value)
    )
    return float((at - low) / (high - low))


def ends_of(knob: Range | Choice) -> tuple[float, float] | None:
    """Return the ends of a range, or of at least three options that are numbers in rising order."""
    if isinstance(knob, Range):
        return knob.low, knob.high
    numbers = [o for o in knob.options if isinstance(o, int | float) and not isinstance(o, bool)]
    ordered = len(numbers) == len(knob.options) > 2 and numbers == sorted(numbers)
    return (numbers[0], numbers[-1]) if ordered else None


def grid(space: Mapping[str, Range | Choice], most: int) -> list[Settings]:
    """Return all combinations of as many levels of each knob as give at most so many.

    Every range has the same number of levels, but for whole numbers that are fewer; a knob that is
    not there has none.

    Raises
    ------
    ValueError
        if two levels of every range are more
    """
    ranges = [knob for knob in space.values() if isinstance(knob, Range)]
    finest = max((int(r.high - r.low) + 1 if r.whole else most for r in ranges), default=2)

    def rows(count: int) -> list[Settings]:
        levels = {name: levels_of(knob, count) for name, knob in space.items()}
        return list(islice(_combinations(space, levels, {}), most + 1))

    counts = range(2, max(2, min(finest, most)) + 1)
    fitting = bisect_right(counts, most, key=lambda count: len(rows(count)))
    if not fitting:
        raise ValueError(
            f"A grid of two values a knob is more than {most} trials: allow more, or vary less."
        )
    return rows(counts[fitting - 1])


def _combinations(
    space: Mapping[str, Range | Choice], levels: Mapping[str, Sequence[Any]], settings: Settings
) -> Iterator[Settings]:
    """Yield every combination of the knobs from here on, each with the settings before them."""
    if not space:
        yield settings
        return
    (name, knob), *rest = space.items()
    for value in levels[name] if is_there(knob, settings) else (None,):
        here = settings if value is None else {**settings, name: value}
        yield from _combinations(dict(rest), levels, here)
