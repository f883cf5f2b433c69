"""The floor: the matrix products of a training step and nothing else."""

from __future__ import annotations

import numpy as np

from benchmarks.cases import Case, Floats, examples, initial_weights
from benchmarks.contender import Contender


class Products(Contender):
    """NumPy's matmul into arrays made once: forward, and backward without the first dL/dx."""

    def __init__(self, case: Case, threads: int) -> None:
        super().__init__(case, threads)
        weights = initial_weights(case)
        x = examples(case, case.batch)[0]
        self.layers: list[tuple[Floats, Floats, Floats, Floats, Floats, Floats]] = []
        for weight in weights:
            z = np.empty((case.batch, weight.shape[1]), np.float32)
            signal = np.ones_like(z)
            self.layers.append((x, weight, z, signal, np.empty_like(weight), np.empty_like(x)))
            x = np.ones_like(z)

    def run(self) -> None:
        matmul, first = np.matmul, self.layers[0]
        forward = [(x, weight, z) for x, weight, z, *_ in self.layers]
        weight_gradients = [(x.T, signal, out) for x, _, _, signal, out, _ in self.layers]
        input_gradients = [(signal, w.T, out) for _, w, _, signal, _, out in self.layers[1:]]
        assert first[0].shape[1] == self.case.inputs
        products = forward + weight_gradients + input_gradients
        for _ in range(self.case.steps):
            for left, right, out in products:
                matmul(left, right, out=out)

    def loss(self) -> None:
        return None


CONTENDERS = {"products": Products}
