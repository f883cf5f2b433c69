"""A run as a program in PyTorch."""

from nnlib.config import TrainingConfig
from nnlib.layers import (
    ActivationLayer,
    BatchNorm,
    Dense,
    Dropout,
    Layer,
    Scale,
    SkipEnd,
    SkipStart,
)
from nnlib.scripts import parts
from nnlib.scripts.parts import Plan

_ACTIVATIONS = {
    "linear": "Identity",
    "sigmoid": "Sigmoid",
    "tanh": "Tanh",
    "softsign": "Softsign",
    "relu": "ReLU",
    "leaky_relu": "LeakyReLU",
    "elu": "ELU",
    "selu": "SELU",
    "gelu": "GELU",
    "silu": "SiLU",
    "softplus": "Softplus",
}
_OPTIMIZERS = {
    "sgd": "SGD(model.parameters(), lr=RATE)",
    "momentum": "SGD(model.parameters(), lr=RATE, momentum={momentum!r})",
    "nesterov": "SGD(model.parameters(), lr=RATE, momentum={momentum!r}, nesterov=True)",
    "adagrad": "Adagrad(model.parameters(), lr=RATE)",
    "rmsprop": "RMSprop(model.parameters(), lr=RATE)",
    "adam": "Adam(model.parameters(), lr=RATE)",
    "adamw": "AdamW([decayed, free], lr=RATE, weight_decay={weight_decay!r})",
}


def lacks(plan: Plan) -> str:
    """Say why there is no program in PyTorch; empty where there is one."""
    return parts.lacks(plan, "PyTorch")


def write(plan: Plan) -> str:
    """Return the program."""
    flags = plan.flags
    flags |= {"weights"} if flags & {"l1", "l2", "max_norm", "adamw"} else set()
    values = {"layers": _layers(plan), "optimizer": _optimizer(plan.experiment.training)}
    return parts.render("pytorch", flags, plan.values | values)


def _optimizer(training: TrainingConfig) -> str:
    """Return the call; without momentum, PyTorch's SGD refuses to be Nesterov's, which it is."""
    still = training.optimizer == "nesterov" and not training.momentum
    text = _OPTIMIZERS["sgd" if still else training.optimizer]
    return text.format(momentum=training.momentum, weight_decay=training.weight_decay)


def _layers(plan: Plan) -> str:
    lines, depth, dropouts = [], 2, 0
    for layer in plan.network.layers:
        depth -= isinstance(layer, SkipEnd)
        lines.append("    " * depth + _layer(layer, dropouts))
        depth += isinstance(layer, SkipStart)
        dropouts += isinstance(layer, Dropout)
    return "\n".join(lines)


def _layer(layer: Layer, dropouts: int) -> str:
    match layer:
        case Dense():
            bias = "" if layer.has_bias else ", bias=False"
            return f"nn.Linear({layer.fan_in}, {layer.fan_out}{bias}),"
        case BatchNorm():
            return f"nn.BatchNorm1d({layer.features}),"
        case ActivationLayer():
            return f"nn.{_ACTIVATIONS[layer.function.name]}(),"
        case Dropout():
            return f"Dropout({dropouts}),"
        case Scale():
            return f"Scale({layer.factor!r}),"
        case SkipStart():
            return "Skip("
        case SkipEnd():
            return "),"
    raise TypeError(f"There is no {layer.kind} in PyTorch.")
