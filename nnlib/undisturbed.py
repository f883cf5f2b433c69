"""Passes through a network in the middle of a run that leave no trace in it."""

from collections.abc import Iterator
from contextlib import contextmanager

import numpy as np
import numpy.typing as npt

from nnlib.layers import Dropout, Noise
from nnlib.network import Network


@contextmanager
def undisturbed(network: Network) -> Iterator[None]:
    """Have a pass leave the running statistics, the gradients and the random streams as they are.

    Masks and noise that somebody has frozen stay those that they are.
    """
    arrays: list[npt.NDArray[np.floating]] = [network.flat_state, network.flat_gradients]
    kept = [array.copy() for array in arrays]
    streams = [x.streams for x in network.layers if isinstance(x, Dropout | Noise)]
    states = [s.kept() for s in streams]
    try:
        with np.errstate(under="ignore"):
            yield
    finally:
        for array, old in zip(arrays, kept, strict=True):
            array[...] = old
        for stream, state in zip(streams, states, strict=True):
            stream.put_back(state)
