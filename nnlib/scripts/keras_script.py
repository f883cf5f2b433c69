"""A run as a program in Keras."""

from collections.abc import Iterator

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

# Where Keras has epsilon inside the root, its square is what nnlib has outside.
_OPTIMIZERS = {
    "sgd": "SGD(RATE{clip})",
    "momentum": "SGD(RATE, momentum={momentum!r}{clip})",
    "nesterov": "SGD(RATE, momentum={momentum!r}, nesterov=True{clip})",
    "adagrad": "Adagrad(RATE, initial_accumulator_value=0.0, epsilon=1e-20{clip})",
    "rmsprop": "RMSprop(RATE, rho=0.99, epsilon=1e-16{clip})",
    "adam": "Adam(RATE, epsilon=1e-8{clip})",
    "adamw": "AdamW(RATE, weight_decay={weight_decay!r}, epsilon=1e-8{clip})",
}
_LOSSES = {
    "binary": "BinaryCrossentropy(from_logits=True)",
    "multiclass": "CategoricalCrossentropy(from_logits=True)",
    "regression": "MeanSquaredError()",
}


def lacks(plan: Plan) -> str:
    """Say why there is no program in Keras; empty where there is one."""
    training = plan.experiment.training
    if training.clip_norm and training.clip_value:
        return "Keras clips either the norm of a gradient or its values, not both."
    return parts.lacks(plan, "Keras")


def write(plan: Plan) -> str:
    """Return the program."""
    values = {
        "layers": "\n".join(f"    {line}" for line in _layers(plan)),
        "optimizer": _optimizer(plan.experiment.training),
        "loss": _LOSSES[plan.data.task],
        "differences": "\n".join(f"- {line}" for line in _differences(plan)) or "nothing.",
    }
    return parts.render("keras", plan.flags, plan.values | values)


def _optimizer(training: TrainingConfig) -> str:
    clip = f", clipvalue={training.clip_value!r}" if training.clip_value else ""
    clip += f", global_clipnorm={training.clip_norm!r}" if training.clip_norm else ""
    return _OPTIMIZERS[training.optimizer].format(
        momentum=training.momentum, weight_decay=training.weight_decay, clip=clip
    )


def _differences(plan: Plan) -> Iterator[str]:
    """Yield in which ways Keras does another thing than nnlib."""
    training = plan.experiment.training
    if plan.has(Dropout):
        yield "Dropout draws other units."
    if plan.has(BatchNorm):
        yield "The running variance of batch normalization is the biased estimate."
    if training.optimizer in ("momentum", "nesterov") and training.schedule != "constant":
        yield "The velocity holds the learning rate, so a change of the rate takes time to act."
    if training.optimizer in ("adam", "adamw"):
        yield "Adam adds epsilon to the root of v ahead of the correction of its bias."
    if training.l1 or training.l2:
        yield "The losses in losses.csv hold the penalty."


def _layers(plan: Plan) -> Iterator[str]:
    """Yield a line for each layer; where a skip connection begins, its input is kept."""
    for layer in plan.network.layers:
        match layer:
            case SkipStart():
                yield "skipped = x"
            case SkipEnd():
                yield "x = layers.Add()([skipped, x])"
            case _:
                yield f"x = {_layer(layer)}(x)"


def _layer(layer: Layer) -> str:
    match layer:
        case Dense():
            bias = "" if layer.has_bias else ", use_bias=False"
            return f"dense({layer.fan_out}, {layer.name.removeprefix('dense_')}{bias})"
        case BatchNorm():
            kept = 1 - layer.momentum
            return f"layers.BatchNormalization(momentum={kept!r}, epsilon={layer.epsilon!r})"
        case ActivationLayer():
            return _activation(layer.function.name)
        case Dropout():
            return f"layers.Dropout({layer.rate!r})"
        case Scale():
            return f"layers.Rescaling({layer.factor!r})"
    raise TypeError(f"There is no {layer.kind} in Keras.")


def _activation(name: str) -> str:
    if name == "leaky_relu":
        return "layers.LeakyReLU(negative_slope=0.01)"
    return f'layers.Activation("{name}")'
