"""Compute the numbers in ``trajectories.json`` with PyTorch, Keras and mpmath.

The tests compare ``nnlib`` with other people's implementations, not with itself. They only read
the JSON file, so none of these packages is needed to run them. To make the file again::

    pip install torch==2.13.0 keras mpmath
    KERAS_BACKEND=torch python tests/nnlib/reference/make_reference.py

Everything is float64 and written with ``repr`` precision, so no digit is lost. Weights are stored
as ``(fan_in, fan_out)``, the transpose of what ``torch.nn.Linear`` keeps.
"""

from __future__ import annotations

import json
import math
import os
from collections.abc import Callable
from pathlib import Path

os.environ["KERAS_BACKEND"] = "torch"

import keras
import mpmath
import numpy as np
import torch
from torch import nn
from torch.nn import functional
from torch.optim import lr_scheduler

torch.set_default_dtype(torch.float64)
torch.set_num_threads(1)
keras.config.set_floatx("float64")

FILE = Path(__file__).with_name("trajectories.json")
N_EXAMPLES = 20
SIZES = (4, 6, 5, 3)
BATCH_SIZE = 8
STEPS = 20
KEPT_STEPS = (1, 2, 3, 4, 7, 12, 20)

OPTIMIZERS: dict[str, Callable[[list[dict]], torch.optim.Optimizer]] = {
    "sgd": lambda groups: torch.optim.SGD(groups, lr=0.1),
    "momentum": lambda groups: torch.optim.SGD(groups, lr=0.05, momentum=0.9),
    "nesterov": lambda groups: torch.optim.SGD(groups, lr=0.05, momentum=0.9, nesterov=True),
    "adagrad": lambda groups: torch.optim.Adagrad(groups, lr=0.05),
    "rmsprop": lambda groups: torch.optim.RMSprop(groups, lr=0.01),
    "adam": lambda groups: torch.optim.Adam(groups, lr=0.02),
    "adamw": lambda groups: torch.optim.AdamW(groups, lr=0.02),
}

ACTIVATIONS: dict[str, Callable[[torch.Tensor], torch.Tensor]] = {
    "linear": lambda z: z * 1.0,
    "sigmoid": torch.sigmoid,
    "tanh": torch.tanh,
    "softsign": functional.softsign,
    "relu": torch.relu,
    "leaky_relu": functional.leaky_relu,
    "elu": functional.elu,
    "selu": functional.selu,
    "gelu": functional.gelu,
    "silu": functional.silu,
    # PyTorch replaces softplus by the identity above its threshold; this asks for the real one.
    "softplus": lambda z: functional.softplus(z, threshold=1e9),
}


def make_data() -> dict[str, np.ndarray]:
    """Return inputs, one set of targets a loss, and the batches of the 20 steps."""
    rng = np.random.default_rng(20240607)
    soft = rng.dirichlet(np.full(SIZES[-1], 0.7), size=N_EXAMPLES)
    batches: list[list[int]] = []
    while len(batches) < STEPS:
        order = rng.permutation(N_EXAMPLES)
        batches += [
            order[start : start + BATCH_SIZE].tolist() for start in range(0, N_EXAMPLES, BATCH_SIZE)
        ]
    return {
        "X": rng.normal(size=(N_EXAMPLES, SIZES[0])),
        "mean_squared_error": rng.normal(size=(N_EXAMPLES, SIZES[-1])),
        "binary_crossentropy": rng.uniform(size=(N_EXAMPLES, SIZES[-1])).round(2),
        "categorical_crossentropy": soft / soft.sum(axis=1, keepdims=True),
        "batches": batches[:STEPS],
    }


def initial_weights(batch_norm: bool) -> dict[str, np.ndarray]:
    """Return the weights that every trajectory starts from, under nnlib's names."""
    rng = np.random.default_rng(7)
    values: dict[str, np.ndarray] = {}
    last = len(SIZES) - 1
    for index, (fan_in, fan_out) in enumerate(zip(SIZES, SIZES[1:], strict=False), start=1):
        values[f"dense_{index}.weight"] = rng.normal(size=(fan_in, fan_out)) / math.sqrt(fan_in)
        if batch_norm and index < last:
            values[f"batch_norm_{index}.scale"] = rng.uniform(0.5, 1.5, size=fan_out)
            values[f"batch_norm_{index}.shift"] = rng.normal(size=fan_out) * 0.2
        else:
            values[f"dense_{index}.bias"] = rng.normal(size=fan_out) * 0.1
    return values


class Reference(nn.Module):
    """A torch network with nnlib's layer order and nnlib's parameter names."""

    def __init__(self, activation: str, batch_norm: bool) -> None:
        super().__init__()
        last = len(SIZES) - 1
        self.activation = ACTIVATIONS[activation]
        self.dense = nn.ModuleList(
            nn.Linear(fan_in, fan_out, bias=not batch_norm or index == last)
            for index, (fan_in, fan_out) in enumerate(zip(SIZES, SIZES[1:], strict=False), 1)
        )
        self.norms = nn.ModuleList(nn.BatchNorm1d(size) for size in SIZES[1:-1] if batch_norm)
        for name, value in initial_weights(batch_norm).items():
            tensor = self.named()[name]
            value = value.T if name.endswith("weight") else value
            tensor.data.copy_(torch.tensor(value))

    def named(self) -> dict[str, torch.Tensor]:
        """Return the parameters under nnlib's names."""
        result: dict[str, torch.Tensor] = {}
        for index, layer in enumerate(self.dense, start=1):
            result[f"dense_{index}.weight"] = layer.weight
            if layer.bias is not None:
                result[f"dense_{index}.bias"] = layer.bias
        for index, norm in enumerate(self.norms, start=1):
            result[f"batch_norm_{index}.scale"] = norm.weight
            result[f"batch_norm_{index}.shift"] = norm.bias
        return result

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        for index, layer in enumerate(self.dense):
            x = layer(x)
            if index < len(self.dense) - 1:
                if self.norms:
                    x = self.norms[index](x)
                x = self.activation(x)
        return x

    def snapshot(self) -> dict[str, list]:
        """Return every parameter as nested lists, weights as ``(fan_in, fan_out)``."""
        return {
            name: (value.T if name.endswith("weight") else value).detach().tolist()
            for name, value in self.named().items()
        }


TORCH_LOSSES = {
    "mean_squared_error": functional.mse_loss,
    "binary_crossentropy": functional.binary_cross_entropy_with_logits,
    "categorical_crossentropy": functional.cross_entropy,
}


def run(
    data: dict[str, np.ndarray],
    optimizer: str = "sgd",
    loss: str = "categorical_crossentropy",
    activation: str = "tanh",
    batch_norm: bool = False,
    l1: float = 0.0,
    l2: float = 0.0,
    clip_norm: float = 0.0,
    clip_value: float = 0.0,
    schedule: str = "",
    full_batch: bool = False,
) -> dict:
    """Train the small network with torch and return its trajectory and what made it."""
    network = Reference(activation, batch_norm)
    named = network.named()
    weights = [value for name, value in named.items() if name.endswith("weight")]
    others = [value for name, value in named.items() if not name.endswith("weight")]
    groups = [{"params": weights}, {"params": others}]
    if optimizer == "adamw":
        groups[1]["weight_decay"] = 0.0
    stepper = OPTIMIZERS[optimizer](groups)
    rate = stepper.param_groups[0]["lr"]
    scheduler = (
        lr_scheduler.CosineAnnealingLR(stepper, T_max=STEPS) if schedule == "cosine" else None
    )
    X, targets = torch.tensor(data["X"]), torch.tensor(data[loss])
    everything = list(range(N_EXAMPLES))
    kept, losses, norms = [], [], []
    for step, batch in enumerate(data["batches"], start=1):
        rows = everything if full_batch else batch
        stepper.zero_grad()
        value = TORCH_LOSSES[loss](network(X[rows]), targets[rows])
        losses.append(value.item())
        penalty = sum(l1 * w.abs().sum() + l2 * w.square().sum() for w in weights)
        (value + penalty).backward()
        if clip_norm:
            norms.append(nn.utils.clip_grad_norm_(network.parameters(), clip_norm).item())
        if clip_value:
            nn.utils.clip_grad_value_(network.parameters(), clip_value)
        stepper.step()
        if scheduler:
            scheduler.step()
        if step in KEPT_STEPS:
            kept.append({"step": step, "parameters": network.snapshot()})
    network.eval()
    settings = {
        "optimizer": optimizer,
        "learning_rate": rate,
        "loss": loss,
        "activation": activation,
        "batch_norm": batch_norm,
        "l1": l1,
        "l2": l2,
        "clip_norm": clip_norm,
        "clip_value": clip_value,
        "schedule": schedule or "constant",
        "full_batch": full_batch,
    }
    result = {
        "settings": settings,
        "batch_loss": losses,
        "kept": kept,
        "eval_logits": network(X).detach().tolist(),
    }
    if norms:
        result["gradient_norm_before_clipping"] = norms
    if batch_norm:
        result["state"] = {
            f"batch_norm_{index}.{name}": getattr(norm, name).tolist()
            for index, norm in enumerate(network.norms, start=1)
            for name in ("running_mean", "running_var")
        }
    return result


def trajectories(data: dict[str, np.ndarray]) -> dict[str, dict]:
    """Return one trajectory a feature, and one that uses many features at once."""
    result = {f"optimizer_{name}": run(data, optimizer=name) for name in OPTIMIZERS}
    for loss in ("mean_squared_error", "binary_crossentropy"):
        result[f"loss_{loss}"] = run(data, loss=loss)
    result["gelu"] = run(data, activation="gelu")
    result["batch_norm"] = run(data, batch_norm=True)
    result["penalty"] = run(data, l1=0.01, l2=0.02)
    result["clip_norm"] = run(data, loss="mean_squared_error", clip_norm=0.8)
    result["clip_value"] = run(data, loss="mean_squared_error", clip_value=0.05)
    result["combined"] = run(
        data,
        optimizer="adam",
        l1=0.003,
        l2=0.01,
        clip_norm=0.3,
        schedule="cosine",
        full_batch=True,
    )
    return result


def activation_tables() -> dict[str, dict[str, list[float]]]:
    """Return value and derivative of every activation on a grid that leaves out the kink at 0."""
    grid = np.concatenate([np.linspace(-6, 6, 40), [-20.0, -12.5, -1e-3, 1e-3, 12.5, 20.0]])
    tables = {}
    for name, function in ACTIVATIONS.items():
        z = torch.tensor(grid, requires_grad=True)
        value = function(z)
        value.sum().backward()
        tables[name] = {"value": value.detach().tolist(), "derivative": z.grad.tolist()}
    return {"z": grid.tolist(), **tables}


def extreme_tables() -> dict[str, dict[str, list[float]]]:
    """Return smooth activations far out, to double precision, from 60-digit arithmetic."""
    mpmath.mp.dps = 60
    points = [1.0, 3.0, 5.0, 6.5, 8.0, 10.0, 20.0, 30.0, 37.0, 40.0, 100.0, 700.0, 1e4]
    grid = [-z for z in reversed(points)] + points
    formulas: dict[str, tuple[Callable, Callable]] = {
        "gelu": (
            lambda z: z * mpmath.ncdf(z),
            lambda z: mpmath.ncdf(z) + z * mpmath.npdf(z),
        ),
        "softplus": (
            lambda z: mpmath.log1p(mpmath.exp(z)),
            lambda z: 1 / (1 + mpmath.exp(-z)),
        ),
        "sigmoid": (
            lambda z: 1 / (1 + mpmath.exp(-z)),
            lambda z: mpmath.exp(-z) / (1 + mpmath.exp(-z)) ** 2,
        ),
        "silu": (
            lambda z: z / (1 + mpmath.exp(-z)),
            lambda z: (1 + mpmath.exp(-z) + z * mpmath.exp(-z)) / (1 + mpmath.exp(-z)) ** 2,
        ),
        "tanh": (mpmath.tanh, lambda z: mpmath.sech(z) ** 2),
    }
    return {
        "z": grid,
        **{
            name: {
                "value": [float(value(mpmath.mpf(z))) for z in grid],
                "derivative": [float(derivative(mpmath.mpf(z))) for z in grid],
            }
            for name, (value, derivative) in formulas.items()
        },
    }


def learning_rates(make: Callable, total: int, every: int = 1) -> list[float]:
    """Return the learning rate of each step; the scheduler moves on after ``every`` steps."""
    stepper = torch.optim.SGD([torch.zeros(1, requires_grad=True)], lr=0.3)
    scheduler = make(stepper)
    rates = []
    for step in range(total):
        rates.append(stepper.param_groups[0]["lr"])
        stepper.step()
        if (step + 1) % every == 0 and step + 1 < total:
            scheduler.step()
    return rates


def schedules() -> dict:
    """Return the learning rates of 60 steps: 12 epochs of 5 steps, configured rate 0.3."""
    total, per_epoch, decay_epochs, decay_factor, warmup = 60, 5, 3, 0.2, 12

    def warmup_cosine(stepper: torch.optim.Optimizer) -> lr_scheduler.LRScheduler:
        rise = lr_scheduler.LinearLR(stepper, 1 / warmup, 1.0, total_iters=warmup - 1)
        fall = lr_scheduler.CosineAnnealingLR(stepper, T_max=total - warmup)
        return lr_scheduler.SequentialLR(stepper, [rise, fall], milestones=[warmup])

    per_step = decay_factor ** (1 / (decay_epochs * per_epoch))
    per_epoch_factor = decay_factor ** (1 / decay_epochs)
    return {
        "learning_rate": 0.3,
        "total_steps": total,
        "steps_per_epoch": per_epoch,
        "decay_epochs": decay_epochs,
        "decay_factor": decay_factor,
        "warmup_fraction": warmup / total,
        "rates": {
            "step": learning_rates(
                lambda s: lr_scheduler.StepLR(s, decay_epochs, decay_factor), total, per_epoch
            ),
            "exponential": learning_rates(lambda s: lr_scheduler.ExponentialLR(s, per_step), total),
            "exponential_by_epoch": learning_rates(
                lambda s: lr_scheduler.ExponentialLR(s, per_epoch_factor), total, per_epoch
            ),
            "cosine": learning_rates(lambda s: lr_scheduler.CosineAnnealingLR(s, total), total),
            "warmup_cosine": learning_rates(warmup_cosine, total),
            "one_cycle": learning_rates(
                lambda s: lr_scheduler.OneCycleLR(
                    s, max_lr=0.3, total_steps=total, pct_start=0.3, cycle_momentum=False
                ),
                total,
            ),
        },
    }


def keras_rules() -> dict:
    """Return Keras' elastic penalty with its gradient, and its max-norm constraint on axis 0."""
    weights = np.random.default_rng(3).normal(size=(5, 4))
    weights[1, 2] = 0.0
    tensor = torch.tensor(weights, requires_grad=True)
    penalty = keras.regularizers.L1L2(l1=0.03, l2=0.05)(tensor)
    penalty.backward()
    constrained = keras.constraints.MaxNorm(max_value=1.5, axis=0)(torch.tensor(weights))
    return {
        "weights": weights.tolist(),
        "l1": 0.03,
        "l2": 0.05,
        "penalty": penalty.item(),
        "penalty_gradient": tensor.grad.tolist(),
        "max_norm": 1.5,
        "max_norm_weights": constrained.detach().tolist(),
    }


def clipping() -> dict:
    """Return one gradient clipped by PyTorch: below and above its norm, and by value."""
    gradient = np.random.default_rng(5).normal(size=9)

    def clipped(clip: Callable, bound: float) -> list[float]:
        parameter = nn.Parameter(torch.zeros(9))
        parameter.grad = torch.tensor(gradient)
        clip([parameter], bound)
        return parameter.grad.tolist()

    return {
        "gradient": gradient.tolist(),
        "by_norm": {b: clipped(nn.utils.clip_grad_norm_, float(b)) for b in ("0.5", "100.0")},
        "by_value": {"0.3": clipped(nn.utils.clip_grad_value_, 0.3)},
    }


def main() -> None:
    """Write ``trajectories.json`` beside this script."""
    data = make_data()
    names = ("X", *TORCH_LOSSES)
    document = {
        "versions": {"torch": torch.__version__, "keras": keras.__version__},
        "sizes": SIZES,
        "data": {**{name: data[name].tolist() for name in names}, "batches": data["batches"]},
        "initial": {
            "plain": {n: v.tolist() for n, v in initial_weights(False).items()},
            "batch_norm": {n: v.tolist() for n, v in initial_weights(True).items()},
        },
        "trajectories": trajectories(data),
        "activations": activation_tables(),
        "extreme": extreme_tables(),
        "schedules": schedules(),
        "keras": keras_rules(),
        "clipping": clipping(),
    }
    FILE.write_text(json.dumps(document, separators=(",", ":")) + "\n")


if __name__ == "__main__":
    main()
