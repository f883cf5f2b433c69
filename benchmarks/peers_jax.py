"""JAX: the whole run is one compiled program, a scan over epochs of a scan over minibatches.

Warm, the program is compiled before the clock starts; cold, the clock includes tracing and
compiling it, which every change of the architecture asks for.
"""

from __future__ import annotations

from functools import partial
from typing import Any

import jax
import jax.numpy as jnp

from benchmarks.cases import Case, examples, initial_weights
from benchmarks.contender import Contender

Tree = Any  # a nested container of arrays
EPSILON, MOMENTUM = 1e-5, 0.1  # of batch normalization
BETA_1, BETA_2, ADAM_EPSILON = 0.9, 0.999, 1e-8


def initial_state(case: Case) -> tuple[Tree, Tree]:
    """Return parameters and running statistics."""
    layers, statistics = [], []
    for i, weight in enumerate(initial_weights(case)):
        layer = {"w": jnp.asarray(weight)}
        if case.batch_norm and i < len(case.hidden):
            layer |= {"scale": jnp.ones(weight.shape[1]), "shift": jnp.zeros(weight.shape[1])}
            statistics.append((jnp.zeros(weight.shape[1]), jnp.ones(weight.shape[1])))
        else:
            layer["b"] = jnp.zeros(weight.shape[1])
        layers.append(layer)
    return layers, statistics


def normalize(z: jax.Array, layer: Tree, running: Tree, training: bool) -> tuple[jax.Array, Tree]:
    """Normalize over the batch, and return the new running statistics beside the output."""
    mean, var = running
    if training:
        mean, var = z.mean(axis=0), z.var(axis=0)
        unbiased = var * (len(z) / (len(z) - 1))
        running = (
            running[0] + MOMENTUM * (mean - running[0]),
            running[1] + MOMENTUM * (unbiased - running[1]),
        )
    return (z - mean) * jax.lax.rsqrt(var + EPSILON) * layer["scale"] + layer["shift"], running


def loss_of(
    layers: Tree, statistics: Tree, x: jax.Array, y: jax.Array, training: bool = True
) -> tuple[jax.Array, Tree]:
    """Return the cross-entropy and the new running statistics."""
    new = []
    for i, layer in enumerate(layers):
        x = x @ layer["w"]
        if "scale" in layer:
            x, running = normalize(x, layer, statistics[i], training)
            new.append(running)
        else:
            x = x + layer["b"]
        if i < len(layers) - 1:
            x = jax.nn.relu(x)
    chosen = jnp.take_along_axis(jax.nn.log_softmax(x), y[:, None], axis=1)
    return -chosen.mean(), new


def sgd(layers: Tree, gradients: Tree, state: Tree, rate: jax.Array) -> tuple[Tree, Tree]:
    return jax.tree.map(lambda p, g: p - rate * g, layers, gradients), state


def adam(layers: Tree, gradients: Tree, state: Tree, rate: jax.Array) -> tuple[Tree, Tree]:
    step, mean, square = state
    step = step + 1
    mean = jax.tree.map(lambda m, g: BETA_1 * m + (1 - BETA_1) * g, mean, gradients)
    square = jax.tree.map(lambda v, g: BETA_2 * v + (1 - BETA_2) * g * g, square, gradients)
    first, second = 1 - BETA_1**step, 1 - BETA_2**step
    layers = jax.tree.map(
        lambda p, m, v: p - rate * (m / first) / (jnp.sqrt(v / second) + ADAM_EPSILON),
        layers,
        mean,
        square,
    )
    return layers, (step, mean, square)


def train(
    case: Case, layers: Tree, statistics: Tree, rate: jax.Array, x: jax.Array, y: jax.Array
) -> tuple[Tree, Tree, jax.Array]:
    """Return parameters, running statistics and the loss of every minibatch."""
    update = {"sgd": sgd, "adam": adam}[case.optimizer]
    zeros = jax.tree.map(jnp.zeros_like, layers)
    state = (jnp.zeros(()), zeros, zeros) if case.optimizer == "adam" else ()

    def one_step(carry: Tree, rows: jax.Array) -> tuple[Tree, jax.Array]:
        layers, statistics, state = carry
        (loss, statistics), gradients = jax.value_and_grad(loss_of, has_aux=True)(
            layers, statistics, x[rows], y[rows]
        )
        layers, state = update(layers, gradients, state, rate)
        return (layers, statistics, state), loss

    def one_epoch(carry: Tree, key: jax.Array) -> tuple[Tree, jax.Array]:
        order = jax.random.permutation(key, len(x)).reshape(-1, case.batch)
        scanned: tuple[Tree, jax.Array] = jax.lax.scan(one_step, carry, order)
        return scanned

    keys = jax.random.split(jax.random.key(0), case.epochs)
    (layers, statistics, _), losses = jax.lax.scan(one_epoch, (layers, statistics, state), keys)
    return layers, statistics, losses


class Warm(Contender):
    """Compiled at the first call, ahead of the clock; several replicas by `vmap`."""

    def __init__(self, case: Case, threads: int) -> None:
        super().__init__(case, threads)
        x, y = examples(case, case.examples)
        self.x, self.y = jnp.asarray(x), jnp.asarray(y)
        self.initial = initial_state(case)
        rates = jnp.asarray(case.learning_rates)
        self.rate = rates if case.replicas > 1 else rates[0]
        self.compiled = self.program()

    def program(self) -> Any:
        """Return the program, not yet compiled."""
        run = partial(train, self.case)
        if self.case.replicas > 1:
            run = jax.vmap(run, in_axes=(None, None, 0, None, None))
        return jax.jit(run)

    def run(self) -> None:
        self.result = jax.block_until_ready(self.compiled(*self.initial, self.rate, self.x, self.y))

    def loss(self) -> float:
        layers, statistics, _ = self.result
        evaluate = partial(loss_of, training=False)
        if self.case.replicas > 1:
            evaluate = jax.vmap(evaluate, in_axes=(0, 0, None, None))
        return float(evaluate(layers, statistics, self.x, self.y)[0].mean())


class Cold(Warm):
    """With nothing compiled, as after a change of the architecture."""

    def prepare(self) -> None:
        jax.clear_caches()
        self.compiled = self.program()


CONTENDERS = {"warm": Warm, "cold": Cold}
