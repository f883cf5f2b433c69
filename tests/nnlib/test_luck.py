"""What becomes of one experiment from many seeds."""

import numpy as np
import pytest

from nnlib import Experiment, NetworkConfig, Trainer, TrainingConfig, datasets
from nnlib.labs.luck import FATES, Luck, try_seeds, variation

DATA = datasets.load("absolute_value", n_samples=60)


def tried(hidden: tuple[int, ...], seeds: int = 8, **training: object) -> Luck:
    settings = {"learning_rate": 0.01, "epochs": 30, "seed": 5} | training
    return try_seeds(Experiment(NetworkConfig(hidden), TrainingConfig(**settings)), DATA, seeds)


def test_each_seed_has_a_fate_and_the_shares_are_of_all():
    luck = tried((2,) * 9)
    assert luck.seeds == range(5, 13) and len(luck.fates) == 8
    assert luck.fates.count("constant") >= 6  # Lu et al. 2019: more than 90 %
    shares = [luck.share(fate) for fate in FATES]
    assert sum(s.count for s in shares) == 8 and sum(s.share for s in shares) == pytest.approx(1)
    assert all(s.low <= s.share <= s.high for s in shares)


def test_the_fate_of_a_seed_is_that_of_its_run_alone():
    luck = tried((3, 3), seeds=6)
    for seed, fate, loss in zip(luck.seeds, luck.fates, luck.arm.finals(), strict=True):
        alone = Trainer(luck.arm.experiment.with_training(seed=seed), DATA)
        alone.advance(epochs=1000)
        assert loss == pytest.approx(alone.evaluate("train")["loss"], rel=1e-4)
        spread = alone.predict(DATA.X_train).std() / DATA.y_train.std()
        better = alone.evaluate("train")["loss"] < 0.98 * alone.guesses["train"].loss
        assert fate == ("constant" if spread < 0.01 else "learned" if better else "stalled")


def test_what_diverges_is_said():
    assert set(tried((4,), optimizer="sgd", learning_rate=100.0).fates) == {"diverged"}


def test_variation_is_a_share_of_the_targets():
    stack = Trainer([Experiment(NetworkConfig((4,)))] * 2, DATA)
    outputs = stack.network.predict_logits(DATA.X_train.astype(stack.network.dtype))
    expected = outputs[..., 0].std(axis=1) / DATA.targets("train").std()
    np.testing.assert_allclose(variation(stack), expected, rtol=1e-5)
