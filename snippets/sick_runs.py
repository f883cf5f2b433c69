"""Train sick networks in PyTorch and Keras and log them with the snippets: `make sick-logs`.

Writes nnlib/logs/samples/, which the tests diagnose without either library; the overhead of the
snippets in a training step of about 10 ms is printed.
"""

import os
import sys
import time
from pathlib import Path

os.environ.setdefault("KERAS_BACKEND", "torch")

import keras
import nnlib_log_torch
import numpy as np
import torch
from nnlib_log_keras import LogRun
from nnlib_log_torch import log_run
from torch import nn

SAMPLES = Path(__file__).resolve().parents[1] / "nnlib" / "logs" / "samples"
EVERY = 100


def rings(rows=1200, seed=0):
    """Two classes, one around the other; inputs near 0 ± 1."""
    x = np.random.default_rng(seed).normal(size=(rows, 2)).astype(np.float32)
    return x, (np.square(x).sum(axis=1) > 1.4).astype(np.int64)


def train_torch(model, optimizer, x, y, epochs, batch=32):
    order = torch.Generator().manual_seed(0)
    for _ in range(epochs):
        for rows in torch.randperm(len(x), generator=order).split(batch):
            optimizer.zero_grad()
            nn.functional.cross_entropy(model(x[rows]), y[rows]).backward()
            optimizer.step()


def torch_run(name, layers, rate, epochs, spoil=None):
    """Log a chain of layers on the rings with plain SGD."""
    torch.manual_seed(0)
    x, y = map(torch.from_numpy, rings())
    model = nn.Sequential(*layers())
    if spoil:
        spoil(model)
    optimizer = torch.optim.SGD(model.parameters(), lr=rate)
    log_run(SAMPLES / name, model, optimizer, nn.CrossEntropyLoss(), x[:400], y[:400], x[1000:],
            y[1000:], every=EVERY // 4, batch_size=32, rows=1000, epochs=epochs)  # fmt: skip
    train_torch(model, optimizer, x[:1000], y[:1000], epochs)


def deep_sigmoid():
    widths = [2, *[16] * 8]
    for a, b in zip(widths, widths[1:]):
        yield from (nn.Linear(a, b), nn.Sigmoid())
    yield nn.Linear(16, 2)


def two_layers():
    return [nn.Linear(2, 32), nn.ReLU(), nn.Linear(32, 32), nn.ReLU(), nn.Linear(32, 2)]


def dead_biases(model):
    """Push every unit of the second hidden layer below zero for all examples."""
    with torch.no_grad():
        model[2].bias.fill_(-50.0)


def keras_rare_class():
    """Log a Keras network on a class of 5 % that overlaps with the other."""
    keras.utils.set_random_seed(0)
    rng = np.random.default_rng(0)
    y = (rng.random(2500) < 0.05).astype(np.int64)
    x = (rng.normal(size=(2500, 4)) + 0.9 * y[:, None]).astype(np.float32)
    model = keras.Sequential([keras.Input((4,)), keras.layers.Dense(16, activation="relu"),
                              keras.layers.Dense(2)])  # fmt: skip
    model.compile(keras.optimizers.Adam(1e-3),
                  keras.losses.SparseCategoricalCrossentropy(from_logits=True))  # fmt: skip
    callback = LogRun(SAMPLES / "keras-rare-class.jsonl", x[:600], y[:600], x[2000:], y[2000:],
                      every=EVERY // 4, batch_size=64, rows=2000, epochs=25)  # fmt: skip
    model.fit(x[:2000], y[:2000], batch_size=64, epochs=25, verbose=0, callbacks=[callback])


def keras_overfitting():
    """Log with Keras' own CSVLogger a wide network that learns 120 noisy examples by heart."""
    keras.utils.set_random_seed(0)
    rng = np.random.default_rng(1)
    x = rng.normal(size=(520, 20)).astype(np.float32)
    y = (x[:, 0] + rng.normal(0, 1.0, 520) > 0).astype(np.int64)
    model = keras.Sequential([keras.Input((20,)), keras.layers.Dense(256, activation="relu"),
                              keras.layers.Dense(256, activation="relu"),
                              keras.layers.Dense(2)])  # fmt: skip
    model.compile(keras.optimizers.Adam(3e-3),
                  keras.losses.SparseCategoricalCrossentropy(from_logits=True), metrics=["accuracy"])  # fmt: skip
    logger = keras.callbacks.CSVLogger(str(SAMPLES / "keras-csvlogger-overfitting.csv"))
    model.fit(x[:120], y[:120], batch_size=16, epochs=40, verbose=0, callbacks=[logger],
              validation_data=(x[120:], y[120:]))  # fmt: skip


def timed(cls, *hooks):
    """Let the hooks of a snippet add up their own processor time in the list that is returned."""
    spent = []
    for name in hooks:
        own = getattr(cls, name)

        def hook(self, *given, own=own, **named):
            begin = time.process_time()
            own(self, *given, **named)
            spent.append(time.process_time() - begin)

        setattr(cls, name, hook)
    return spent


def torch_share(spent, steps=600):
    """Return the seconds of a step of about 10 ms, and what logging adds as a share of it."""
    torch.manual_seed(0)
    x, y = torch.randn(2048, 256), torch.randint(0, 10, (2048,))
    sizes = [256, 512, 512, 512]
    layers = [m for a, b in zip(sizes, sizes[1:]) for m in (nn.Linear(a, b), nn.ReLU())]
    model = nn.Sequential(*layers, nn.Linear(512, 10))
    optimizer = torch.optim.Adam(model.parameters(), lr=1e-3)
    some = x[:250], y[:250]
    log_run(os.devnull, model, optimizer, nn.CrossEntropyLoss(), *some, *some, every=EVERY)
    begin = time.process_time()
    train_torch(model, optimizer, x, y, steps * 256 // 2048, batch=256)
    own = time.process_time() - begin - sum(spent)
    return own / steps, sum(spent) / own


def keras_share(spent, steps=600):
    """Return the same of Keras, whose first record compiles."""
    keras.utils.set_random_seed(0)
    rng = np.random.default_rng(0)
    x = rng.normal(size=(2048, 256)).astype(np.float32)
    y = rng.integers(0, 10, 2048)
    dense = [keras.layers.Dense(512, activation="relu") for _ in range(3)]
    model = keras.Sequential([keras.Input((256,)), *dense, keras.layers.Dense(10)])
    model.compile(keras.optimizers.Adam(1e-3),
                  keras.losses.SparseCategoricalCrossentropy(from_logits=True))  # fmt: skip
    model.fit(x, y, batch_size=256, epochs=1, verbose=0)  # compiled and warm
    logger = LogRun(os.devnull, x[:250], y[:250], x[:250], y[:250], every=EVERY)
    spent.clear()
    begin = time.process_time()
    epochs = steps * 256 // 2048
    model.fit(x, y, batch_size=256, epochs=epochs, verbose=0, callbacks=[logger])
    own = time.process_time() - begin - sum(spent)
    return own / steps, sum(spent) / own


def main():
    torch.set_num_threads(1)
    SAMPLES.mkdir(exist_ok=True)
    torch_run("torch-vanishing.jsonl", deep_sigmoid, 0.1, 30)
    torch_run("torch-dead-layer.jsonl", two_layers, 0.05, 30, dead_biases)
    torch_run("torch-rate-too-high.jsonl", two_layers, 30.0, 30)
    torch_run("torch-healthy.jsonl", two_layers, 0.1, 40)
    keras_rare_class()
    keras_overfitting()
    if "--time" in sys.argv:
        shares = {
            "torch": torch_share(timed(nnlib_log_torch._Log, "before_step", "after_step")),
            "keras": keras_share(timed(LogRun, "on_train_batch_begin", "on_train_batch_end")),
        }
        for name, (step, share) in shares.items():
            print(f"{name}: a step of {1e3 * step:.1f} ms, logging adds {share:.1%}")
        print(f"torch {torch.__version__}, keras {keras.__version__} on {keras.backend.backend()}")


main()
