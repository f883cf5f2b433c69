"""Where the stacks of a search train: processes of this machine, or the workers of a cluster."""

from __future__ import annotations

import argparse
import os
from collections.abc import Sequence
from concurrent.futures import Executor

ADDRESS = "DASK_SCHEDULER_ADDRESS"
"""The variable of the environment that names Dask's scheduler, as Dask itself reads it."""


def processes(workers: int) -> Executor:
    """Return an executor of so many processes of this machine, by joblib's loky.

    Raises ImportError where joblib is not installed; scikit-learn brings it.
    """
    from joblib.externals.loky import get_reusable_executor

    executor: Executor = get_reusable_executor(max_workers=workers)
    return executor


def cluster(address: str) -> Executor:
    """Return an executor of the workers of a scheduler of Dask, such as ``tcp://10.0.0.5:8786``.

    The workers need this project's `nnlib` on their path. A task whose worker is lost goes to
    another one.

    Raises ImportError where Dask distributed is not installed; see ``requirements-cluster.txt``.
    """
    from distributed import Client

    executor: Executor = Client(address, set_as_default=False).get_executor(pure=False)
    return executor


def from_command_line(arguments: Sequence[str]) -> Executor | None:
    """Return the executor that the arguments of a program ask for; None for its own process.

    They are ``--scheduler tcp://…`` (or the environment's `ADDRESS`) and ``--workers N``.
    """
    parser = argparse.ArgumentParser(description="Search for settings.")
    parser.add_argument(
        "--scheduler",
        default=os.environ.get(ADDRESS, ""),
        help="address of a scheduler of Dask distributed whose workers train",
    )
    parser.add_argument(
        "--workers", type=int, default=1, help="so many processes of this machine train"
    )
    asked = parser.parse_args(arguments)
    if asked.scheduler:
        return cluster(asked.scheduler)
    return processes(asked.workers) if asked.workers > 1 else None
