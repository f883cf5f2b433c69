"""Instruments: what a run records between the gradient and the step, one measurement a file.

To add one, put a file here that has an `INSTRUMENT`: it is recorded in every run, charted, and
written to the history's file.
"""

from dataclasses import replace
from importlib import import_module
from pkgutil import iter_modules

from nnlib.instruments.instrument import INTERVAL, Every, Instrument, Moment, largest_derivative

_NO_INSTRUMENTS = ("instrument", "panel")  # they say what one is, and hold those of a run

__all__ = [
    "INSTRUMENTS",
    "Every",
    "Instrument",
    "Moment",
    "largest_derivative",
    "standard_instruments",
]


def _found() -> dict[str, Instrument]:
    modules = [m.name for m in iter_modules(__path__) if m.name not in _NO_INSTRUMENTS]
    found = [import_module(f"{__name__}.{name}").INSTRUMENT for name in sorted(modules)]
    return {instrument.name: instrument for instrument in found}


INSTRUMENTS: dict[str, Instrument] = _found()
"""Every standard instrument by the name of its series."""


def standard_instruments(interval: int = INTERVAL) -> tuple[Instrument, ...]:
    """Return the instruments of every run, taken every `interval` steps."""
    return tuple(replace(i, cadence=Every(interval)) for i in INSTRUMENTS.values())
