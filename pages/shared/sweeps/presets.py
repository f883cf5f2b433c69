"""The presets of the Sweeps page."""

from pages.shared.presets import Preset

PRESETS = (
    Preset(
        "What matters on the moons",
        "Learning rate, width and L2 strength of a small network, quasi-random, with three seeds.",
        {
            "data": "moons",
            "knobs": ["learning_rate", "width", "l2"],
            "sampler": "qmc",
            "objective": "val_loss",
            "budget_in": "Trials",
            "budget": 60,
            "sweep_seeds": 3,
        },
    ),
    Preset(
        "Learning rate x batch size",
        "A grid of both, and how many steps each pair needs to come to a training loss of 0.1.",
        {
            "data": "moons",
            "knobs": ["learning_rate", "batch_size"],
            "sampler": "grid",
            "objective": "steps",
            "sweep_target": 0.1,
            "budget_in": "Trials",
            "budget": 40,
            "sweep_seeds": 3,
        },
    ),
    Preset(
        "Learning rate x depth",
        "A grid of both: does the best rate move with the number of layers?",
        {
            "data": "moons",
            "knobs": ["learning_rate", "depth"],
            "sampler": "grid",
            "objective": "val_loss",
            "budget_in": "Trials",
            "budget": 40,
            "sweep_seeds": 3,
        },
    ),
    Preset(
        "Learning rate x weight decay",
        "A grid of both for AdamW, whose decay was taken out of the gradient so that each of the "
        "two can be set without the other (Loshchilov & Hutter 2019): is it so here?",
        {
            "data": "moons",
            "knobs": ["learning_rate", "weight_decay"],
            "optimizer": "adamw",
            "sampler": "grid",
            "objective": "val_loss",
            "budget_in": "Trials",
            "budget": 40,
            "sweep_seeds": 3,
        },
    ),
    Preset(
        "Which optimizer",
        "Optimizers with their learning rates and momenta, by TPE, with pruning.",
        {
            "data": "spiral",
            "knobs": ["learning_rate", "optimizer", "momentum", "batch_size"],
            "sampler": "tpe",
            "pruner": "median",
            "objective": "val_loss",
            "budget_in": "Trials",
            "budget": 100,
            "sweep_seeds": 1,
        },
    ),
)
