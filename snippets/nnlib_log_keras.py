"""Log a Keras 3 run for the dashboard's page "Run from elsewhere": copy this file, add one callback.

    model.fit(x, y, callbacks=[LogRun("run.jsonl", x[:250], y[:250], x_val[:250], y_val[:250])])

The first two arrays are some 250 fixed training examples: losses, gradients and units are measured
on them in inference mode every so many steps, and the training itself is not touched; more examples
cost more time. Runs on the backends PyTorch and JAX (where the first record compiles), with
TensorFlow it has not been tried. Needs Keras and NumPy alone.
"""

import json

import keras
import numpy as np


class LogRun(keras.callbacks.Callback):
    """Write a line of JSON at steps 0, `every`, 2 `every`, …; `settings` such as batch_size=32."""

    def __init__(self, path, x, y, x_val=None, y_val=None, *, every=100, **settings):
        super().__init__()
        self.path, self.every, self.more, self.step = path, every, settings, 0
        self.train, self.val, self.gradients = (np.asarray(x), np.asarray(y)), (x_val, y_val), None

    def on_train_begin(self, logs=None):
        self.layers = [m for m in self.model.layers if getattr(m, "kernel", None) is not None]
        self.names = [layer.name for layer in self.layers]
        self.loss = keras.losses.get(self.model.loss)
        kind = type(self.loss).__name__
        self.classes = 0
        if "Crossentropy" in kind:
            y = self.train[1]
            self.classes = y.shape[1] if "Categorical" in kind and "Sparse" not in kind else (
                max(2, int(y.max()) + 1))  # fmt: skip
        self.file = open(self.path, "w", encoding="utf-8")  # noqa: SIM115 (closed at the end)
        self.write({"settings": self.settings() | self.more})

    def on_train_end(self, logs=None):
        self.file.close()

    def write(self, record):
        self.file.write(json.dumps(record) + "\n")
        self.file.flush()

    def on_train_batch_begin(self, batch, logs=None):
        if self.step % self.every == 0:
            self.sync()
            self.before = self.weights()
            self.record = self.measure()

    def on_train_batch_end(self, batch, logs=None):
        if self.step % self.every == 0:
            self.sync()
            pairs = zip(self.weights(), self.before)
            sizes = [_norm(new - old) / max(_norm(old), 1e-12) for new, old in pairs]
            self.record["update_ratio"] = dict(zip(self.names, sizes))
            self.write(self.record)
        self.step += 1

    def sync(self):
        """Let JAX, which trains on a state of its own, write it back to the model."""
        if hasattr(self.model, "jax_state_sync"):
            self.model.jax_state_sync()

    def weights(self):
        return [np.array(keras.ops.convert_to_numpy(layer.kernel)) for layer in self.layers]

    def measure(self):
        """Losses, gradients and units with the weights before this step."""
        x, y = self.train
        if self.gradients is None:
            self.gradients = _GRADIENTS[keras.backend.backend()](self.model, self.layers, self.loss)
            inputs = [layer.input for layer in self.layers[1:]]
            self.tap = keras.Model(self.model.inputs[0], [*inputs, self.model.outputs[0]])
        weights, signals = self.gradients(x, y)
        *units, output = map(keras.ops.convert_to_numpy, self.tap(x, training=False))
        dead = [float((u.reshape(len(u), -1) == 0).all(axis=0).mean()) for u in units]
        record = {"step": self.step, "train_loss": self.value(y, output),
                  "learning_rate": float(keras.ops.convert_to_numpy(
                      self.model.optimizer.learning_rate)),
                  "gradient_norm": dict(zip(self.names, map(_norm, weights))),
                  "signal_norm": dict(zip(self.names, map(_norm, signals))),
                  "weight_norm": dict(zip(self.names, map(_norm, self.before))),
                  "activation_mean": {n: float(u.mean()) for n, u in zip(self.names, units)},
                  "activation_std": {n: float(u.std()) for n, u in zip(self.names, units)},
                  "dead_fraction": dict(zip(self.names, dead))}  # fmt: skip
        if self.classes:
            record |= self.predictions(y, output)
        if self.val[0] is not None:
            output = keras.ops.convert_to_numpy(self.model(self.val[0], training=False))
            record["val_loss"] = self.value(self.val[1], output)
            if self.classes:
                right = self.predictions(np.asarray(self.val[1]), output)["train_accuracy"]
                record["val_accuracy"] = right
        return record

    def value(self, y, output):
        return float(keras.ops.convert_to_numpy(self.loss(y, output)))

    def codes(self, y):
        return np.argmax(y, 1) if y.ndim > 1 and y.shape[1] > 1 else y.ravel().astype(int)

    def predictions(self, y, output):
        limit = 0.0 if getattr(self.loss, "_fn_kwargs", {}).get("from_logits") else 0.5
        said = output.argmax(1) if output.shape[1] > 1 else (output.ravel() > limit).astype(int)
        true = self.codes(y)
        return {"train_accuracy": float((said == true).mean()),
                "predicted_class": self.counts(said), "rows_of_class": self.counts(true),
                "found_of_class": self.counts(true[said == true])}  # fmt: skip

    def counts(self, codes):
        return {str(i): int(n) for i, n in enumerate(np.bincount(codes, minlength=self.classes))}

    def settings(self):
        """What can be told of network, training and data by looking at them."""
        x, y = self.train
        kinds = [type(layer).__name__ for layer in self.model.layers]
        optimizer = self.model.optimizer
        names = [getattr(a, "__name__", "") for a in (m.activation for m in self.layers)]
        bends = [layer.__class__.__name__.lower() for layer in self.model.layers
                 if type(layer).__name__ == "ReLU"] + [n for n in names[:-1] if n != "linear"]  # fmt: skip
        said = {"fixed_examples": True, "optimizer": type(optimizer).__name__.lower(),
                "learning_rate": float(keras.ops.convert_to_numpy(optimizer.learning_rate)),
                "weight_decay": float(optimizer.weight_decay or 0.0),
                "hidden": [int(layer.kernel.shape[-1]) for layer in self.layers][:-1],
                "activation": bends[0] if bends else "linear",
                "batch_norm": "BatchNormalization" in kinds,
                "dropout": max([m.rate for m in self.model.layers if "Dropout" in type(m).__name__],
                               default=0.0),
                "batch_size": int(self.params.get("batch_size") or 0),
                "task": "classification" if self.classes else "regression"}  # fmt: skip
        if not said["batch_size"]:
            del said["batch_size"]
        if x.dtype.kind == "f":
            rms, image = np.sqrt(np.square(x, dtype=np.float64).mean(axis=0)), x.ndim > 2
            said["image_shape"] = list(x.shape[1:]) if image else None
            said["input_rms"] = [_norm(x) / x.size**0.5] if image else rms.tolist()
        if self.classes:
            counts = np.bincount(self.codes(y), minlength=self.classes)
            return said | {"class_shares": (counts / len(y)).tolist()}
        return said | {"target_variance": float(y.var(axis=0).mean()),
                       "target_rms": _norm(y) / y.size**0.5}  # fmt: skip


def _norm(array):
    return float(np.linalg.norm(np.asarray(array, np.float64)))


class _Tapped:
    """Layers whose pre-activations pass through a function on their way to the activation."""

    def __init__(self, layers, through):
        self.layers, self.through = layers, through

    def __enter__(self):
        self.own = [layer.activation for layer in self.layers]
        for i, (layer, own) in enumerate(zip(self.layers, self.own)):
            layer.activation = lambda z, i=i, own=own: own(self.through(i, z))

    def __exit__(self, *_):
        for layer, own in zip(self.layers, self.own):
            layer.activation = own


def _kept(signals):
    return lambda i, z: signals.setdefault(i, z)


def _with_torch(model, layers, loss):
    import torch

    def gradients(x, y):
        signals = {}
        with torch.enable_grad(), _Tapped(layers, _kept(signals)):
            value = loss(y, model(x, training=False))
            wanted = [m.kernel.value for m in layers] + [signals[i] for i in range(len(layers))]
            found = torch.autograd.grad(value, wanted)
        found = [g.detach().cpu().numpy() for g in found]
        return found[: len(layers)], found[len(layers) :]

    return gradients


def _with_tensorflow(model, layers, loss):
    import tensorflow as tf

    def gradients(x, y):
        signals = {}
        with tf.GradientTape() as tape, _Tapped(layers, _kept(signals)):
            value = loss(y, model(x, training=False))
        wanted = [m.kernel.value for m in layers] + [signals[i] for i in range(len(layers))]
        found = [np.asarray(g) for g in tape.gradient(value, wanted)]
        return found[: len(layers)], found[len(layers) :]

    return gradients


def _with_jax(model, layers, loss):
    import jax

    variables = model.trainable_variables
    places = [next(i for i, v in enumerate(variables) if v is m.kernel) for m in layers]

    def value(trainable, zeros, rest, x, y):
        with _Tapped(layers, lambda i, z: z + zeros[i]):
            output, _ = model.stateless_call(trainable, rest, x, training=False)
        return loss(y, output)

    compiled = jax.jit(jax.grad(value, argnums=(0, 1)))

    def gradients(x, y):
        signals = {}
        with _Tapped(layers, _kept(signals)):
            model(x, training=False)
        zeros = [np.zeros(signals[i].shape, np.float32) for i in range(len(layers))]
        weights, signal = compiled([v.value for v in variables], zeros,
                                   [v.value for v in model.non_trainable_variables], x, y)  # fmt: skip
        return [weights[i] for i in places], signal

    return gradients


_GRADIENTS = {"torch": _with_torch, "tensorflow": _with_tensorflow, "jax": _with_jax}
