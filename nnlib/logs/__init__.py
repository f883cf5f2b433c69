"""Logs of runs that were trained elsewhere, with any library: read, and understood by column."""

from pathlib import Path

from nnlib.logs.columns import LAYERED, ROLES, guess_roles
from nnlib.logs.log import Log, log_of
from nnlib.logs.reading import RawLog, read_log

__all__ = ["LAYERED", "ROLES", "SAMPLES", "Log", "RawLog", "guess_roles", "log_of", "read_log"]

SAMPLES = Path(__file__).with_name("samples")
"""Logs of real runs in PyTorch and Keras; ``snippets/sick_runs.py`` makes them."""
