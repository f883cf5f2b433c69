"""Keras on the backend that the environment names; `fit`, compiled ahead of the clock."""

from __future__ import annotations

import keras
import numpy as np

from benchmarks.cases import Case, examples, initial_weights
from benchmarks.contender import Contender


def build(case: Case) -> keras.Model:
    """Return the compiled model; its weights are set later."""
    layers: list[keras.Layer] = [keras.Input((case.inputs,))]
    for i, (_, fan_out) in enumerate(case.shapes):
        hidden = i < len(case.hidden)
        normalized = hidden and case.batch_norm
        layers.append(keras.layers.Dense(fan_out, use_bias=not normalized))
        if normalized:
            layers.append(keras.layers.BatchNormalization(momentum=0.9, epsilon=1e-5))
        if hidden:
            layers.append(keras.layers.ReLU())
    model = keras.Sequential(layers)
    optimizer = {"adam": keras.optimizers.Adam, "sgd": keras.optimizers.SGD}[case.optimizer]
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    model.compile(optimizer(case.learning_rate), loss)
    return model


class Fit(Contender):
    """One call of `fit` for all epochs."""

    def __init__(self, case: Case, threads: int) -> None:
        super().__init__(case, threads)
        self.x, self.y = examples(case, case.examples)
        self.model = build(case)
        dense = [layer for layer in self.model.layers if isinstance(layer, keras.layers.Dense)]
        for layer, weight in zip(dense, initial_weights(case), strict=True):
            layer.kernel.assign(weight)
        self.model.optimizer.build(self.model.trainable_variables)
        self.variables = [*self.model.variables, *self.model.optimizer.variables]
        self.initial = [np.array(variable) for variable in self.variables]

    def prepare(self) -> None:
        for variable, value in zip(self.variables, self.initial, strict=True):
            variable.assign(value)

    def run(self) -> None:
        self.model.fit(
            self.x, self.y, batch_size=self.case.batch, epochs=self.case.epochs, verbose=0
        )

    def loss(self) -> float:
        return float(self.model.evaluate(self.x, self.y, batch_size=1024, verbose=0))


CONTENDERS = {"fit": Fit}
