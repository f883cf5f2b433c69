"""What every layer is: its arrays by name, a forward and a backward pass."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import numpy.typing as npt

from nnlib._array import Array, Workspace

Shapes = dict[str, tuple[int, ...]]


@dataclass(frozen=True)
class Binding:
    """What a layer is bound to: its own views into the network's buffers, by short name."""

    parameters: Mapping[str, Array]
    gradients: Mapping[str, Array]
    state: Mapping[str, Array]
    batch_state: Mapping[str, Array]
    lead: tuple[int, ...]
    dtype: npt.DTypeLike


class Layer:
    """One step of the network; subclasses give `forward` and `backward`."""

    kind: ClassVar[str]

    def __init__(self) -> None:
        self.name = self.kind
        self.lead: tuple[int, ...] = ()

    def parameter_shapes(self) -> Shapes:
        """Return the shapes of the trainable arrays, without leading axes."""
        return {}

    def state_shapes(self) -> Shapes:
        """Return the shapes of arrays that are kept but not trained."""
        return {}

    def bind(self, to: Binding) -> None:
        """Take the views that this layer works on and make its workspaces."""
        self.lead = to.lead
        self._output = Workspace(to.dtype)
        # For small matrices `dot` is faster, but it does not know stacks of them.
        self._product: Callable[..., Array] = np.matmul if to.lead else np.ndarray.dot

    def forward(self, x: Array, training: bool) -> Array:
        """Return the output for a batch, shape (…, B, D_out)."""
        raise NotImplementedError

    def backward(self, gradient: Array) -> Array:
        """Take dL/d output, store parameter gradients, return dL/d input.

        The array passed in may be overwritten.
        """
        raise NotImplementedError
