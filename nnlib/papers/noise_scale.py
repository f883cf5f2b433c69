"""McCandlish et al. 2018: the gradient noise scale grows as the loss falls."""

from __future__ import annotations

import numpy as np

from nnlib.config import Experiment, NetworkConfig, TrainingConfig
from nnlib.noise.moments import gradient_moments
from nnlib.noise.scale import noise_scale
from nnlib.papers.paper import Band, Curve, Measured, Paper, Picture, Progress, Work
from nnlib.papers.runs import mnist, train
from nnlib.training import Trainer

WORK = Work(
    "McCandlish, S., Kaplan, J., Amodei, D., and the OpenAI Dota Team",
    2018,
    "An empirical model of large-batch training",
    "arXiv:1812.06162",
    "https://arxiv.org/abs/1812.06162",
)


def measure(
    rng: np.random.Generator,
    progress: Progress,
    *,
    images: int = 4000,
    width: int = 128,
    epochs: int = 10,
    looks: int = 40,
) -> Measured:
    """Train, and measure the noise scale over all training images on the way."""
    data = mnist(images, max(images // 10, 50), rng)
    experiment = Experiment(
        NetworkConfig((width,), "relu"),
        TrainingConfig("sgd", 0.1, batch_size=32, epochs=epochs, seed=int(rng.integers(2**31))),
    )
    trainer = Trainer(experiment, data, instruments=(), evaluations=False)
    x, targets = data.X_train, data.targets("train")
    found = []

    def look() -> None:
        moments = gradient_moments(trainer.network, trainer.loss, x, targets, whole=True)
        loss = float(trainer.loss.value(trainer.network.forward(x), targets))
        found.append((trainer.step, loss, noise_scale(moments).value))

    train(trainer, progress, look, max(1, trainer.total_steps // looks))
    steps, losses, scales = np.array(found, float).T
    picture = Picture(
        "Noise scale over the run",
        "step",
        "examples",
        (Curve("tr Σ / |G|²", steps, scales),),
        {"minibatch of this run": 32.0},
        log_y=True,
    )
    rising, tenth = np.argsort(losses), max(1, len(losses) // 10)
    late, early = scales[rising[:tenth]], scales[rising[-tenth:]]
    return Measured((float(np.median(late) / np.median(early)),), picture)


PAPER = Paper(
    name="noise_scale",
    title="The gradient noise scale grows in training",
    work=WORK,
    claim="The noise scale is the trace of the covariance of the examples' gradients over the "
    "squared norm of their mean: about the minibatch up to which more examples pay. It grows as "
    "the loss falls, so the best minibatch is larger at the end of training than at its start.",
    scaled="A 784-128-10 ReLU network on 4,000 images of MNIST, SGD at 0.1 with minibatches of 32, "
    "10 epochs; the scale is exact, from all the training images at 40 steps.",
    expect="The curve rises by orders of magnitude.",
    bands=(
        Band(
            "Median noise scale in the tenth of lowest loss over that in the tenth of highest",
            10.0,
            np.inf,
            "The paper says that it grows, by how much depends on the task; over a run from a "
            "guess to nearly no loss we ask for an order of magnitude.",
        ),
    ),
    measure=measure,
    if_not="The scale grows, but not always tenfold: it jumps by a factor of two from look to "
    "look, and the tenth of highest loss is four looks, all but the first after the loss has "
    "fallen most.",
    page="batch_size",
    differs="The noise from a sample of 2,000 images, at 17 even steps and early powers of two.",
    values={
        "view": "Live run",
        "data": "mnist_5k",
        "layers": 1,
        "units_1": 128,
        "activation": "relu",
        "optimizer": "sgd",
        "learning_rate": 0.1,
        "batch_size": 32,
        "epochs": 10,
    },
    seconds=8,
)
