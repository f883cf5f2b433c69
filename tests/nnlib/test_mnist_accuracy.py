"""The accuracy that a small network reaches on the bundled digits."""

import numpy as np

import nnlib


def test_mnist_after_five_and_twenty_epochs():
    data = nnlib.datasets.load("mnist_5k")
    experiment = nnlib.Experiment(
        nnlib.NetworkConfig(hidden=(128, 64)),
        nnlib.TrainingConfig(learning_rate=0.002, batch_size=128, epochs=20),
    )
    trainer = nnlib.Trainer([experiment.with_training(seed=seed) for seed in range(3)], data)
    trainer.advance(epochs=5)
    assert np.median(trainer.evaluate("val")["accuracy"]) >= 0.91
    trainer.advance(epochs=15)
    assert np.median(trainer.evaluate("val")["accuracy"]) >= 0.925
