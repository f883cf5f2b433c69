"""nnlib itself, with the standard instruments on, as a page runs it."""

from __future__ import annotations

import numpy as np

import nnlib
from benchmarks.cases import Case, examples, initial_weights
from benchmarks.contender import Contender
from nnlib.instruments import Instrument


def dataset(case: Case) -> nnlib.datasets.Dataset:
    """Return the case's examples, with a validation split beside them."""
    x, y = examples(case, case.examples)
    x_val, y_val = examples(case, case.validation, seed=1)
    return nnlib.datasets.Dataset(
        name=f"case {case.letter}",
        task="multiclass",
        X_train=x,
        X_val=x_val,
        X_test=x[:0],
        y_train=y,
        y_val=y_val,
        y_test=y[:0],
        feature_names=tuple(f"x{i}" for i in range(case.inputs)),
        class_names=tuple(f"class {i}" for i in range(case.outputs)),
        target_names=("class",),
        target_mean=np.zeros(1),
        target_scale=np.ones(1),
    )


def experiments(case: Case) -> list[nnlib.Experiment]:
    """Return one experiment a learning rate."""
    network = nnlib.NetworkConfig(hidden=case.hidden, batch_norm=case.batch_norm)
    return [
        nnlib.Experiment(
            network,
            nnlib.TrainingConfig(
                optimizer=case.optimizer,
                learning_rate=float(rate),
                batch_size=case.batch,
                epochs=case.epochs,
            ),
        )
        for rate in case.learning_rates
    ]


class Warm(Contender):
    """The trainer is made before the clock starts."""

    instruments: tuple[Instrument, ...] | None = None  # the standard ones
    evaluations = True
    engine = "numpy"

    def __init__(self, case: Case, threads: int) -> None:
        super().__init__(case, threads)
        self.data, self.weights = dataset(case), initial_weights(case)
        runs = experiments(case)
        self.experiment = runs if case.replicas > 1 else runs[0]

    def prepare(self) -> None:
        self.trainer = self.build()

    def build(self) -> nnlib.Trainer:
        trainer = nnlib.Trainer(
            self.experiment,
            self.data,
            instruments=self.instruments,
            evaluations=self.evaluations,
            engine=self.engine,
        )
        for layer, weight in zip(trainer.network.dense_layers, self.weights, strict=True):
            layer.weight[...] = weight
        return trainer

    def run(self) -> None:
        self.trainer.advance(steps=self.case.steps)

    def loss(self) -> float:
        return float(np.mean(self.trainer.evaluate("train")["loss"]))


class Cold(Warm):
    """The clock includes making the trainer, as after a change of the architecture."""

    def prepare(self) -> None:
        pass

    def run(self) -> None:
        self.trainer = self.build()
        super().run()


class Bare(Warm):
    """Without instruments and evaluations: the difference is what they cost."""

    instruments = ()
    evaluations = False


class Singles(Warm):
    """The replicas one after another, each a run of its own."""

    def prepare(self) -> None:
        assert isinstance(self.experiment, list)
        self.trainers = [self._single(experiment) for experiment in self.experiment]

    def _single(self, experiment: nnlib.Experiment) -> nnlib.Trainer:
        trainer = nnlib.Trainer(experiment, self.data, engine=self.engine)
        for layer, weight in zip(trainer.network.dense_layers, self.weights, strict=True):
            layer.weight[...] = weight
        return trainer

    def run(self) -> None:
        for trainer in self.trainers:
            trainer.advance(steps=self.case.steps)

    def loss(self) -> float:
        return float(np.mean([t.evaluate("train")["loss"] for t in self.trainers]))


class Compiled(Warm):
    """The same by the compiled engine, its kernels loaded ahead of the clock."""

    engine = "compiled"

    def build(self) -> nnlib.Trainer:
        trainer = super().build()
        if trainer.history.engine != "compiled":
            raise ImportError(trainer.engine_note)
        return trainer


class CompiledCold(Compiled, Cold):
    """The clock includes making the trainer."""


class CompiledBare(Compiled, Bare):
    """Without instruments and evaluations, as the peers train."""


CONTENDERS = {
    "warm": Warm,
    "cold": Cold,
    "bare": Bare,
    "singles": Singles,
    "compiled": Compiled,
    "compiled_cold": CompiledCold,
    "compiled_bare": CompiledBare,
}
