"""The compiled engine: the training loop as Numba kernels, for which the architecture is data.

NumPy's way stays the reference, and is what a run takes wherever this one is not there, not ready,
or does not know something of the run. Nothing here is imported, nor is Numba, until a run asks for
it; the rest of the library would work the same without this folder.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import numpy as np

from nnlib.compiled import warm

if TYPE_CHECKING:
    from nnlib.compiled.engine import Engine
    from nnlib.compiled.run import Run

ENVIRONMENT = "NNLIB_ENGINE"
"""The variable that says what "auto" is: "numpy" or "compiled"; a run that names one has that."""
CHOICES = ("auto", "numpy", "compiled")


def engine_of(trainer: Run, wanted: str) -> tuple[Engine | None, str]:
    """Return a run's engine, None for NumPy, and why it is not the one that was wanted.

    "auto" takes the compiled engine for float32 where its kernels lie ready on the disk;
    "compiled" compiles them if need be, which takes forty seconds once an installation.

    Raises
    ------
    ValueError
        if there is no such choice
    """
    if wanted == "auto":
        wanted = os.environ.get(ENVIRONMENT) or wanted
    if wanted not in CHOICES:
        raise ValueError(f"engine must be one of {', '.join(CHOICES)}, not {wanted!r}.")
    dtype = trainer.network.dtype
    if wanted == "numpy" or (wanted == "auto" and (dtype != np.float32 or not warm.is_ready())):
        return None, ""
    loaded = warm.engine_class(dtype.name)
    if loaded is None:
        return None, "Numba cannot be used here"
    from nnlib.compiled.plan import why_not

    reason = why_not(trainer)
    return (None, reason) if reason else (loaded(trainer), "")
