"""The cases of the clinic, in an order that gives nothing away."""

from functools import partial

from nnlib.labs.clinic import data
from nnlib.labs.clinic.case import HEALTHY, Case

_ADAM = {"optimizer": "adam", "learning_rate": 0.003, "batch_size": 32}
_HE = {"activation": "relu", "initializer": "he_normal"}
_GLOROT = {"initializer": "glorot_normal"}

CASES: tuple[Case, ...] = (
    Case(
        "My loss jumped at the very beginning and never came below where it had started. The same "
        "network learned other points without trouble.",
        "lr_too_high",
        data.bundled("spiral"),
        {"hidden": (16, 16), **_HE},
        {"optimizer": "sgd", "learning_rate": 10.0, "batch_size": 32, "epochs": 30},
        also=("dead_relu", "exploding_gradients"),
    ),
    Case(
        "Digits, one hidden layer. Fifteen epochs, and it still guesses.",
        "symmetric_init",
        data.bundled("digits"),
        {"hidden": (32,), "activation": "sigmoid", "initializer": "zeros"},
        {"optimizer": "adam", "learning_rate": 0.01, "batch_size": 32, "epochs": 15},
    ),
    Case(
        "The accuracy is excellent from the start, which makes me suspicious: 97 % of the "
        "patients are well.",
        "class_imbalance",
        data.patients,
        {"hidden": (16,), **_HE},
        {**_ADAM, "epochs": 20},
        also=("no_signal",),
    ),
    Case(
        "The training loss is next to nothing, and yet it is useless on new rows.",
        "overfitting",
        data.bundled("diabetes"),
        {"hidden": (128, 128), **_HE},
        {**_ADAM, "epochs": 100},
    ),
    Case(
        "I read that deeper is better, so I took ten layers. Nothing happens at all.",
        "vanishing_gradients",
        data.bundled("digits"),
        {"hidden": (32,) * 8, "activation": "sigmoid", **_GLOROT},
        {"optimizer": "sgd", "learning_rate": 0.1, "batch_size": 32, "epochs": 20},
        also=("lr_too_low",),
    ),
    Case(
        "The gradients are thousands of times smaller than at the start. Is that the vanishing "
        "that everybody warns of?",
        HEALTHY,
        data.bundled("gaussians", noise=0.02),
        {"hidden": (16, 16), **_HE},
        {"optimizer": "adam", "learning_rate": 0.01, "batch_size": 32, "epochs": 200},
    ),
    Case(
        "It does learn, a little, again and again a little. I have no patience left.",
        "lr_too_low",
        data.houses,
        {"hidden": (64, 64), **_HE},
        {"optimizer": "adam", "learning_rate": 1e-5, "batch_size": 32, "epochs": 60},
        also=("too_few_epochs",),
    ),
    Case(
        "Two classes, sixteen units, and a line is all that I get.",
        "missing_nonlinearity",
        data.bundled("xor"),
        {"hidden": (16, 16), "activation": "linear", **_GLOROT},
        {"optimizer": "adam", "learning_rate": 0.01, "batch_size": 32, "epochs": 60},
    ),
    Case(
        "Three sensors, their readings straight from the file. The network says the same for "
        "all of them.",
        "unscaled_inputs",
        data.sensors,
        {"hidden": (12, 3), "activation": "relu", "initializer": "uniform"},
        {"optimizer": "adam", "learning_rate": 0.001, "batch_size": 8, "epochs": 60},
        also=("dead_relu", "too_small_network"),
    ),
    Case(
        "I was told to regularize against overfitting. Now it does not even fit.",
        "too_much_regularization",
        data.bundled("digits"),
        {"hidden": (64,), **_HE},
        {"optimizer": "sgd", "learning_rate": 0.05, "batch_size": 32, "epochs": 20, "l2": 0.3},
    ),
    Case(
        "Half of the units of this network are dead on some rows. Do I have to worry?",
        HEALTHY,
        data.bundled("circle"),
        {"hidden": (128, 128), **_HE},
        {"optimizer": "adam", "learning_rate": 0.02, "batch_size": 32, "epochs": 40},
    ),
    Case(
        "Twenty narrow layers: the loss has the same value at the first and at the last step.",
        "dead_relu",
        data.bundled("circle"),
        {"hidden": (3,) * 20, **_HE},
        {"optimizer": "adam", "learning_rate": 0.003, "batch_size": 32, "epochs": 40},
        also=("vanishing_gradients", "too_small_network"),
    ),
    Case(
        "House prices in units of money. The first loss has so many digits that I cannot read it.",
        "unscaled_targets",
        partial(data.houses, target_scaled=False),
        {"hidden": (32,), **_HE},
        {"optimizer": "sgd", "learning_rate": 0.01, "batch_size": 32, "epochs": 60},
        also=("lr_too_high", "exploding_gradients", "dead_relu"),
    ),
    Case(
        "It learns, but the curve trembles as if it could not decide.",
        "batch_too_small",
        data.bundled("digits"),
        {"hidden": (64,), "activation": "tanh", **_GLOROT},
        {
            "optimizer": "momentum",
            "learning_rate": 0.03,
            "momentum": 0.9,
            "batch_size": 1,
            "epochs": 6,
        },
        also=("lr_too_high",),
    ),
    Case(
        "A hundred per cent on validation at once. My colleagues do not believe me.",
        "leakage",
        data.admissions,
        {"hidden": (32,), **_HE},
        {**_ADAM, "epochs": 40},
    ),
    Case(
        "The points wind around each other, and my network draws one soft bend.",
        "too_small_network",
        data.bundled("spiral"),
        {"hidden": (2,), "activation": "tanh", **_GLOROT},
        {"optimizer": "adam", "learning_rate": 0.02, "batch_size": 32, "epochs": 200},
    ),
    Case(
        "The first loss is in the thousands, and after that it only crawls down.",
        "init_too_large",
        data.houses,
        {
            "hidden": (64, 64),
            "activation": "relu",
            "initializer": "normal",
            "initializer_scale": 20.0,
        },
        {"optimizer": "adam", "learning_rate": 0.001, "batch_size": 32, "epochs": 60},
        also=("exploding_gradients",),
    ),
    Case(
        "It knows every training row by heart, also those that make no sense to me.",
        "label_noise",
        data.mislabeled("breast_cancer", 0.3),
        {"hidden": (64, 64), **_HE},
        {**_ADAM, "epochs": 100},
        also=("overfitting",),
    ),
    Case(
        "Few rows of one class, and it finds them nearly all. That is too good, is it not?",
        HEALTHY,
        partial(data.patients, share=0.05, shift=5.0),
        {"hidden": (16,), **_HE},
        {**_ADAM, "epochs": 25},
    ),
    Case(
        "Training falls, validation rises from the first epoch on. More layers made it worse.",
        "no_signal",
        data.coins,
        {"hidden": (32,), **_HE},
        {**_ADAM, "epochs": 40},
        also=("overfitting", "label_noise"),
    ),
    Case(
        "I gave the processor work and took all rows at once. A pity that so little comes of it.",
        "batch_too_large",
        data.bundled("digits"),
        {"hidden": (64,), **_HE},
        {"optimizer": "nesterov", "learning_rate": 0.01, "batch_size": 1437, "epochs": 15},
        also=("too_few_epochs", "lr_too_low"),
    ),
    Case(
        "With batch normalization everything is said to train. Mine is far better on the rows "
        "that it saw than it says.",
        "batch_norm_tiny_batch",
        data.bundled("digits"),
        {"hidden": (32, 32), **_HE, "batch_norm": True},
        {"optimizer": "adam", "learning_rate": 0.003, "batch_size": 2, "epochs": 4},
        also=("batch_too_small",),
    ),
    Case(
        "My network is to say which digit it is. Its answers are numbers such as 4.6.",
        "wrong_task",
        data.digits_as_numbers,
        {"hidden": (64,), **_HE},
        {"optimizer": "adam", "learning_rate": 0.001, "batch_size": 32, "epochs": 20},
        also=("too_small_network", "lr_too_low"),
    ),
    Case(
        "Deep, and with the initializer that everybody recommends, only a little larger. The "
        "loss is gone from the chart.",
        "exploding_gradients",
        data.bundled("digits"),
        {"hidden": (64,) * 12, **_HE, "initializer_scale": 2.0},
        {"optimizer": "sgd", "learning_rate": 0.01, "batch_size": 32, "epochs": 15},
        also=("init_too_large", "lr_too_high"),
    ),
    Case(
        "Twenty layers with normalization and skip connections: so deep must be a mistake.",
        HEALTHY,
        data.bundled("digits"),
        {"hidden": (32,) * 20, **_HE, "batch_norm": True, "skip": True},
        {"optimizer": "adam", "learning_rate": 0.002, "batch_size": 64, "epochs": 8},
    ),
    Case(
        "Two epochs took no time at all, so it cannot have learned much.",
        "too_few_epochs",
        data.bundled("digits"),
        {"hidden": (64, 32), **_HE},
        {"optimizer": "adam", "learning_rate": 0.0005, "batch_size": 128, "epochs": 3},
        also=("batch_too_large", "lr_too_low"),
    ),
)
"""Which is which a visitor finds out: nothing else on the page tells it."""
