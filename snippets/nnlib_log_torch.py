"""Log a PyTorch run for the dashboard's page "Run from elsewhere": copy this file, add one line.

    log_run("run.jsonl", model, optimizer, torch.nn.CrossEntropyLoss(), x, y, x_val, y_val)

before the training loop. `x, y` are some 250 fixed training examples: losses, gradients and units
are measured on them in evaluation mode every so many steps, and the training itself is not touched;
more examples cost more time. Needs PyTorch 2 and nothing else.
"""

import json

import torch

_NAMES = {"ReLU": "relu", "LeakyReLU": "leaky_relu", "ELU": "elu", "GELU": "gelu", "SiLU": "swish",
          "Tanh": "tanh", "Sigmoid": "sigmoid", "Softplus": "softplus"}  # fmt: skip


def log_run(path, model, optimizer, loss, x, y, x_val=None, y_val=None, *, every=100, **settings):
    """Append a line of JSON at steps 0, `every`, 2 `every`, …; `settings` such as batch_size=32."""
    log = _Log(path, model, optimizer, loss, (x, y), (x_val, y_val), every)
    log.write({"settings": log.settings() | settings})
    optimizer.register_step_pre_hook(log.before_step)
    optimizer.register_step_post_hook(log.after_step)


class _Log:
    def __init__(self, path, model, optimizer, loss, train, val, every):
        self.file = open(path, "w", encoding="utf-8")  # noqa: SIM115 (it lives as long as the run)
        self.model, self.optimizer, self.loss = model, optimizer, loss
        self.train, self.val, self.every, self.step = train, val, every, 0
        named = [(n, m) for n, m in model.named_modules() if hasattr(m, "weight")]
        weighted = [(n, m) for n, m in named if m.weight is not None and m.weight.ndim > 1]
        self.layers = {f"{type(m).__name__} {n}": m for n, m in weighted}
        y = train[1]
        self.classes = 0 if y.is_floating_point() else int(y.max()) + 1

    def write(self, record):
        self.file.write(json.dumps(record) + "\n")
        self.file.flush()

    def before_step(self, *_):
        if self.step % self.every == 0:
            self.record = self.measure()
            self.before = [m.weight.detach().clone() for m in self.layers.values()]

    def after_step(self, *_):
        if self.step % self.every == 0:
            moved = [m.weight.detach() - old for m, old in zip(self.layers.values(), self.before)]
            sizes = _norms(moved) / torch.clamp(_norms(self.before), min=1e-12)
            self.record["update_ratio"] = self.by_layer(sizes)
            self.write(self.record)
        self.step += 1

    def measure(self):
        """Losses, gradients and units with the weights before this step."""
        training, inputs, outputs, hooks = self.model.training, {}, {}, []
        for name, layer in self.layers.items():
            hooks.append(layer.register_forward_hook(
                lambda _, i, o, name=name: (inputs.update({name: i[0]}), outputs.update({name: o}))
                and None))  # fmt: skip
        self.model.eval()
        with torch.enable_grad():
            x, y = self.train
            logits = self.model(x)
            value = self.loss(logits, y)
            used = [n for n in self.layers if n in outputs and self.layers[n].weight.requires_grad]
            wanted = [self.layers[n].weight for n in used] + [outputs[n] for n in used]
            gradients = torch.autograd.grad(value, wanted, allow_unused=True)
        for hook in hooks:
            hook.remove()
        gradients = [torch.zeros(1) if g is None else g for g in gradients]
        norms = _norms(gradients).tolist()
        record = {"step": self.step, "train_loss": value.item(),
                  "learning_rate": self.optimizer.param_groups[0]["lr"],
                  "gradient_norm": dict(zip(used, norms)),
                  "signal_norm": dict(zip(used, norms[len(used):])),
                  "weight_norm": self.by_layer(_norms([m.weight for m in self.layers.values()])),
                  **self.units([(n, inputs[m]) for n, m in zip(used, used[1:])])}  # fmt: skip
        if self.classes:
            record |= self.predictions(logits.detach(), y)
        if self.val[0] is not None:
            record |= self.validation()
        self.model.train(training)
        return record

    @staticmethod
    @torch.no_grad()
    def units(hidden):
        """What arrives at the next layer is what a layer's units give."""
        units = [(n, a.detach()) for n, a in hidden if a.is_floating_point()]
        shares = [(a.reshape(len(a), -1) == 0).all(dim=0).float().mean() for _, a in units]
        return {"activation_mean": {n: a.mean().item() for n, a in units},
                "activation_std": {n: a.std().item() for n, a in units},
                "dead_fraction": {n: s.item() for (n, _), s in zip(units, shares)}}  # fmt: skip

    def predictions(self, logits, y):
        binary = logits.ndim == 1 or logits.shape[1] == 1
        said = (logits.ravel() > 0).long() if binary else logits.argmax(1)
        found = torch.bincount(y[said == y].ravel(), minlength=self.classes).tolist()
        return {"train_accuracy": (said == y).float().mean().item(),
                "predicted_class": _by_class(torch.bincount(said, minlength=self.classes).tolist()),
                "found_of_class": _by_class(found),
                "rows_of_class": _by_class(torch.bincount(y, minlength=self.classes).tolist())}  # fmt: skip

    @torch.no_grad()
    def validation(self):
        x, y = self.val
        logits = self.model(x)
        record = {"val_loss": self.loss(logits, y).item()}
        if self.classes:
            record["val_accuracy"] = self.predictions(logits, y)["train_accuracy"]
        return record

    def by_layer(self, values):
        return dict(zip(self.layers, values.tolist()))

    def settings(self):
        """What can be told of network, training and data by looking at them."""
        x, y = self.train
        modules = list(self.model.modules())
        names = [_NAMES[type(m).__name__] for m in modules if type(m).__name__ in _NAMES]
        group, kind = self.optimizer.param_groups[0], type(self.optimizer).__name__.lower()
        decay = "weight_decay" if kind == "adamw" else "l2"
        said = {"fixed_examples": True, "optimizer": kind, "learning_rate": group["lr"],
                decay: group.get("weight_decay", 0.0),
                "hidden": [m.weight.shape[0] for m in self.layers.values()][:-1],
                "batch_norm": any("BatchNorm" in type(m).__name__ for m in modules),
                "dropout": max([m.p for m in modules if "Dropout" in type(m).__name__], default=0.0),
                "task": "classification" if self.classes else "regression"}  # fmt: skip
        if names:
            said["activation"] = names[0]
        if x.is_floating_point():
            rms = x.float().square().mean(0).sqrt()
            image = x.ndim > 2
            said |= {"image_shape": list(x.shape[1:]) if image else None,
                     "input_rms": [rms.square().mean().sqrt().item()] if image else rms.tolist()}  # fmt: skip
        if self.classes:
            counts = torch.bincount(y, minlength=self.classes)
            return said | {"class_shares": (counts / len(y)).tolist()}
        return said | {"target_variance": y.var(0, unbiased=False).mean().item(),
                       "target_rms": y.square().mean().sqrt().item()}  # fmt: skip


def _by_class(counts):
    return {str(number): count for number, count in enumerate(counts)}


def _norms(tensors):
    return torch.stack([t.detach().norm() for t in tensors])
