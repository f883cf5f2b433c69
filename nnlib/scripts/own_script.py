"""A run as a program with `nnlib`."""

from dataclasses import fields
from typing import Any

from nnlib.datasets.dataset import Dataset
from nnlib.scripts import parts
from nnlib.scripts.parts import Plan


def lacks(plan: Plan) -> str:
    """Say why there is no program with nnlib: there always is one."""
    return ""


def write(plan: Plan) -> str:
    """Return the program."""
    values = {
        "network": _fields(plan.experiment.network),
        "training": _fields(plan.experiment.training),
        "dtype": plan.network.dtype.name,
    }
    return parts.render("nnlib", set(), values)


def words(data: Dataset) -> dict[str, Any]:
    """Return what of a data set is no array and trains with it."""
    names = ("name", "task", "feature_names", "class_names", "target_names")
    return {name: getattr(data, name) for name in names}


def _fields(config: Any) -> str:
    return "\n".join(f"    {f.name}={getattr(config, f.name)!r}," for f in fields(config))
