"""What the Regularization page computes: penalized fits, compared networks, decay by two rules."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from time import perf_counter

import numpy as np
import streamlit as st
from numpy.typing import NDArray

import nnlib
from nnlib import linear_regression as linear
from nnlib.datasets import Dataset
from nnlib.linear_regression import LinearFits, PolynomialFeatures
from nnlib.overfitting import (
    Shrinkage,
    fewer_examples,
    flip_labels,
    near_zero_share,
    shrinkage,
    size_histogram,
)
from pages.shared.charts.regularization import Errors
from pages.shared.charts.regularization_network import DecaySweep, Runs
from pages.shared.charts.surfaces import Surface, decision_surface
from pages.shared.charts.theme import CLASS_COLORS

STRENGTHS = (*(float(f"{d}e{k}") for k in range(-4, 2) for d in (1, 1.5, 2, 3, 5, 7)), 100.0)
VALIDATION_POINTS = 200
DESCENT_STEPS = 5_000
DECAYS = (0.003, 0.01, 0.03, 0.1, 0.3, 1.0)
TRUE_LABELS = "True labels"
_RESOLUTION = 48
_SECONDS_WITHOUT_BAR = 0.4


@dataclass(frozen=True)
class LinearChoice:
    """What is fitted: `l1_ratio` is 1 for L1, 0 for L2, and None without a penalty."""

    l1_ratio: float | None
    strength: float
    degree: int
    points: int
    noise: float
    seed: int
    draws: int


@dataclass(frozen=True, eq=False)
class LinearResult:
    """The fit of one draw at the chosen strength, and over all strengths where it has any."""

    x: NDArray[np.float64]
    y: NDArray[np.float64]
    x_val: NDArray[np.float64]
    y_val: NDArray[np.float64]
    features: PolynomialFeatures
    chosen: LinearFits
    path: LinearFits | None
    errors: Errors | None

    def curve(self, fits: LinearFits) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Return 300 points of the first fit's polynomial over [-1, 1]."""
        x = np.linspace(-1, 1, 300)
        return x, fits.predict(self.features(x))[0]


def fit(
    features: NDArray[np.float64],
    y: NDArray[np.float64],
    strengths: Sequence[float],
    l1_ratio: float | None,
) -> LinearFits:
    """Return the fits by the method that suits the L1 share."""
    if l1_ratio is None:
        return linear.fit_least_squares(features, y)
    if l1_ratio == 0:
        return linear.fit_ridge(features, y, strengths)
    return linear.fit_elastic_net(features, y, strengths, l1_ratio)


@st.cache_data(max_entries=30, show_spinner=False)
def fit_linear(choice: LinearChoice) -> LinearResult:
    """Draw data and fit them at every strength."""
    fits, train, validation = [], [], []
    for draw in range(choice.draws):
        rng = np.random.default_rng([choice.seed, draw])
        x, y = linear.noisy_line(rng, choice.points, choice.noise)
        x_val, y_val = linear.noisy_line(rng, VALIDATION_POINTS, choice.noise)
        basis = PolynomialFeatures.of(x, choice.degree)
        path = fit(basis(x), y, STRENGTHS, choice.l1_ratio)
        train.append(path.errors(basis(x), y))
        validation.append(path.errors(basis(x_val), y_val))
        fits.append((x, y, x_val, y_val, basis, path))
    x, y, x_val, y_val, basis, path = fits[0]
    if choice.l1_ratio is None:
        return LinearResult(x, y, x_val, y_val, basis, path, None, None)
    at = STRENGTHS.index(choice.strength)
    chosen = LinearFits(path.strengths[[at]], path.weights[[at]], np.asarray(path.intercepts)[[at]])
    errors = Errors(path.strengths, np.array(train), np.array(validation), choice.noise**2)
    return LinearResult(x, y, x_val, y_val, basis, chosen, path, errors)


@st.cache_data(max_entries=30, show_spinner=False)
def descend_both(choice: LinearChoice) -> dict[str, linear.Descent]:
    """Minimize with the sign of w in the gradient, and with soft thresholding."""
    result = fit_linear(choice)
    assert choice.l1_ratio is not None
    return {
        name: linear.descend(
            result.features(result.x),
            result.y,
            choice.strength,
            choice.l1_ratio,
            DESCENT_STEPS,
            proximal=proximal,
        )
        for name, proximal in (("sign(w) in the gradient", False), ("soft thresholding", True))
    }


@dataclass(frozen=True)
class NetworkChoice:
    """What is compared; `changes` maps a name to the training settings it changes."""

    base: nnlib.Experiment
    changes: tuple[tuple[str, tuple[tuple[str, str | float], ...]], ...]
    points: int
    flipped: float
    seeds: int
    fingerprint: str

    def experiments(self, changes: Sequence[tuple[str, str | float]]) -> list[nnlib.Experiment]:
        """Return one experiment a seed."""
        first = self.base.training.seed
        return [
            self.base.with_training(seed=seed, **dict(changes))
            for seed in range(first, first + self.seeds)
        ]


@dataclass(frozen=True, eq=False)
class OverfitData:
    """Few examples, true and with flipped labels, and the rows that were flipped."""

    true: Dataset
    noisy: Dataset
    flipped: NDArray[np.intp]


def overfit_data(data: Dataset, points: int, share: float, seed: int) -> OverfitData:
    """Return few training examples of which a share has a wrong label, drawn with the seed."""
    true = fewer_examples(data, points, np.random.default_rng([seed, 0]))
    if not can_flip(data) or share == 0:
        return OverfitData(true, true, np.empty(0, np.intp))
    noisy, rows = flip_labels(true, share, np.random.default_rng([seed, 1]))
    return OverfitData(true, noisy, rows)


def can_flip(data: Dataset) -> bool:
    """Say whether the data has class labels that can be flipped."""
    return data.task != "regression" and data.y_train.dtype.kind == "i"


class Progress:
    """Shows a bar once a computation has taken a moment; `part` of `parts` is running."""

    def __init__(self, parts: int) -> None:
        self.parts, self.part = parts, 0
        self._start, self._place = perf_counter(), st.empty()

    def __call__(self, share: float) -> None:
        """Show the share of the running part that is done."""
        if perf_counter() - self._start > _SECONDS_WITHOUT_BAR:
            done = min((self.part + share) / self.parts, 1.0)
            self._place.progress(done, "Training the networks …")

    def end(self) -> None:
        """Take the bar away."""
        self._place.empty()


def compare(choice: NetworkChoice, data: OverfitData, colors: dict[str, str]) -> list[Trained]:
    """Train every way from the same seeds; ways that can, train as one stack."""
    names = [name for name, _ in choice.changes]
    noisy = [(name, c) for name, c in choice.changes if name != TRUE_LABELS]
    progress = Progress(1 + (TRUE_LABELS in names))
    results: dict[str, list[nnlib.SweepResult]] = {}
    everything = [e for _, changes in noisy for e in choice.experiments(changes)]
    found = nnlib.sweep(everything, data.noisy, progress)
    for index, (name, _) in enumerate(noisy):
        results[name] = found[index * choice.seeds : (index + 1) * choice.seeds]
    progress.part = 1
    if TRUE_LABELS in names:
        results[TRUE_LABELS] = nnlib.sweep(choice.experiments(()), data.true, progress)
    progress.end()
    share = _Shared()
    return [_trained(name, results[name], colors[name], share) for name in names]


@dataclass(frozen=True, eq=False)
class Trained:
    """One way: what its charts show, its weights by seed, and where it diverged."""

    runs: Runs
    weights: list[NDArray[np.float64]]
    diverged: int

    def with_threshold(self, threshold: float) -> Runs:
        """Return the runs with the share of weights below the threshold."""
        shares = np.array([near_zero_share(w, threshold) for w in self.weights])
        return Runs(**{**vars(self.runs), "near_zero": shares})


@dataclass(eq=False)
class _Shared:
    """What all replicas of a trainer give at once, computed once."""

    evaluations: dict[tuple[int, str], NDArray[np.float64]] = field(default_factory=dict)
    predictions: dict[tuple[int, str], NDArray[np.float64]] = field(default_factory=dict)

    def loss(self, trainer: nnlib.Trainer, split: str) -> NDArray[np.float64]:
        key = (id(trainer), split)
        if key not in self.evaluations:
            self.evaluations[key] = trainer.evaluate(split)["loss"]
        return self.evaluations[key]

    def surface(self, result: nnlib.SweepResult) -> Surface:
        return decision_surface(  # type: ignore[arg-type]
            _Replica(result, self.predictions), result.trainer.data, resolution=_RESOLUTION
        )


@dataclass(eq=False)
class _Replica:
    """A model of one replica; the whole stack predicts once."""

    result: nnlib.SweepResult
    kept: dict[tuple[int, str], NDArray[np.float64]]

    def predict(self, x: NDArray[np.float32]) -> NDArray[np.float64]:
        return self._of("predict", x)

    def predict_proba(self, x: NDArray[np.float32]) -> NDArray[np.float64]:
        return self._of("predict_proba", x)

    def _of(self, method: str, x: NDArray[np.float32]) -> NDArray[np.float64]:
        trainer = self.result.trainer
        key = (id(trainer), method)
        if key not in self.kept:
            self.kept[key] = getattr(trainer, method)(x)
        return self.kept[key][self.result.replica]


def _trained(name: str, results: list[nnlib.SweepResult], color: str, share: _Shared) -> Trained:
    trainer = results[0].trainer
    history, rows = trainer.history, [r.replica for r in results]
    weights = [
        np.concatenate([d.weight[row].ravel() for d in trainer.network.dense_layers])
        for row in rows
    ]
    runs = Runs(
        name,
        color,
        history.steps("val_loss"),
        {split: history[f"{split}_loss"][:, rows].T for split in ("train", "val")},
        {split: share.loss(trainer, split)[rows] for split in ("train", "val")},
        history.labels("gradient_norm"),
        history.steps("gradient_norm"),
        history["gradient_norm"][:, rows[0]],
        size_histogram(np.concatenate(weights)),
        np.zeros(len(rows)),
        share.surface(results[0]) if trainer.data.n_features == 2 else None,
    )
    diverged = sum(d.replica[0] in rows for d in history.divergences)
    return Trained(runs, weights, diverged)


@st.cache_data(max_entries=30, show_spinner=False)
def shrink(decay: float, learning_rate: float, steps: int, seed: int) -> Shrinkage:
    """Let noise of several sizes and decay act on single weights."""
    rng = np.random.default_rng(seed)
    return shrinkage(np.geomspace(1e-3, 3, 15), decay, learning_rate, steps, rng)


def sweep_decay(choice: NetworkChoice, data: Dataset) -> DecaySweep:
    """Train with every decay, as L2 of d/2 under Adam and as AdamW's decay of d."""
    rules: dict[str, Callable[[float], tuple[tuple[str, str | float], ...]]] = {
        "Adam + L2": lambda d: (("optimizer", "adam"), ("l2", d / 2)),
        "AdamW": lambda d: (("optimizer", "adamw"), ("weight_decay", d)),
    }
    progress = Progress(len(rules))
    losses, norms = {}, {}
    for part, (name, changes) in enumerate(rules.items()):
        progress.part = part
        experiments = [e for d in DECAYS for e in choice.experiments(changes(d))]
        results = nnlib.sweep(experiments, data, progress)
        share = _Shared()
        shape = (len(DECAYS), choice.seeds)
        loss = [share.loss(r.trainer, "val")[r.replica] for r in results]
        norm = [_weight_norm(r) for r in results]
        losses[name], norms[name] = np.reshape(loss, shape).T, np.reshape(norm, shape).T
    progress.end()
    return DecaySweep(np.array(DECAYS), losses, norms)


def _weight_norm(result: nnlib.SweepResult) -> float:
    layers = result.trainer.network.dense_layers
    return float(np.sqrt(sum(np.square(d.weight[result.replica]).sum() for d in layers)))


WAYS: tuple[str, ...] = (
    "No penalty",
    "L1",
    "L2",
    "AdamW",
    "Max-norm",
    "Early stopping",
    TRUE_LABELS,
)
COLORS = {name: CLASS_COLORS[i] for name, i in zip(WAYS, (3, 0, 5, 2, 4, 1, 8), strict=True)}
