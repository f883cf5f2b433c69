"""Controls and texts of the Regularization page."""

from __future__ import annotations

from typing import Any

import streamlit as st

import nnlib
from nnlib.config import TrainingConfig, setting_of
from pages.shared.controls import plain_value, scale_of
from pages.shared.regularization_runs import (
    STRENGTHS,
    TRUE_LABELS,
    WAYS,
    LinearChoice,
    NetworkChoice,
)

WHAT = r"""
Regularization makes a model prefer simple solutions to those that fit every training point.

**Linear regression.** With polynomial features $x, x^2, \dots$, each standardized on the training
points, and an intercept $b$ that is not penalized, the page minimizes

$$
\frac{1}{2n}\sum_i (y_i - b - w^\top x_i)^2 +
\lambda\Bigl(\rho\sum_j |w_j| + \frac{1-\rho}{2}\sum_j w_j^2\Bigr).
$$

$\rho = 1$ is L1 (lasso; Tibshirani 1996), $\rho = 0$ is L2 (ridge; Hoerl & Kennard 1970), and what
lies between is the elastic net (Zou & Hastie 2005), written as in Friedman, Hastie & Tibshirani
(2010). In scikit-learn's terms $\lambda$ is `alpha` of *Lasso* and *ElasticNet*, $\rho$ is
`l1_ratio`, and *Ridge* has `alpha` $= n\lambda$. L2 has a closed form,
$w = (X^\top X + n\lambda I)^{-1} X^\top y$ (centered). L1 is minimized one coordinate at a time by
**soft thresholding**, $S(v, t) = \operatorname{sign}(v)\,\max(|v| - t, 0)$, which gives exact
zeros.

**Networks.** Here the loss gets $\ell_1 \sum |w| + \ell_2 \sum w^2$ over the weights of all layers,
not the biases (Keras' convention; PyTorch's `weight_decay` $d$ of SGD and Adam is
$\ell_2 = d/2$). AdamW instead shrinks each weight by $\eta d w$ in every step, past Adam's scaling
(Loshchilov & Hutter 2019). Max-norm limits the norm of each unit's incoming weights (Srivastava
et al. 2014). Early stopping puts back the weights of the smallest validation loss (Prechelt 1998).
"""
LOOK_FOR = r"""
- **Paths.** L2 shrinks all weights and, in general, none becomes exactly zero. L1 sets weights to
  exactly zero; the larger $\lambda$, the fewer are left, though a weight may also come back.
- **Errors.** The training error never falls when $\lambda$ grows; the validation error usually
  falls first and then rises. A smallest validation error that was used to choose $\lambda$ is a
  little too good an estimate of the error on new data.
- **Gradient steps and L1.** With the term $\lambda\,\mathrm{sign}(w)$ in the gradient, a weight
  that belongs at zero steps back and forth over it and does not stay. So networks trained
  this way have weights *near* zero, however long they train; how many depends on the threshold
  that one states.
- **Gap.** The distance between training and validation loss is the overfitting. A run that has
  fitted flipped labels has a small training loss and a large validation loss.
- **L2 is not weight decay under Adam.** Under SGD the two are the same, with $\ell_2 = d/2$. Adam
  divides the penalty's gradient by $\sqrt{\hat v}$ along with the rest, so weights with large
  gradients are hardly decayed; AdamW decays all by the same factor.
"""
TRY_NEXT = r"""
- Choose *L2* and raise $\lambda$: does any weight reach zero? Then the elastic net with a small
  L1 share.
- Choose *none* with 15 powers and 20 points, and move the data seed: how much does the curve
  change? How much with L2?
- In *Networks*, set the flipped labels to 0 and then to 0.3: which ways of regularizing gain most?
- In *L2 and weight decay*, at which noise does Adam with L2 happen to agree with AdamW?
"""
PENALTIES: dict[str, float | None] = {"L1": 1.0, "L2": 0.0, "elastic net": 0.5, "none": None}


def choose_linear() -> LinearChoice:
    """Draw the controls of the linear regression."""
    penalty = st.selectbox(
        "Penalty",
        list(PENALTIES),
        help="What is added to the squared error: absolute weights, squared weights, or both.",
        key="penalty",
        bind="query-params",
    )
    ratio = PENALTIES[penalty]
    if penalty == "elastic net":
        ratio = _slider(
            "L1 share ρ", 0.05, 0.95, 0.5, 0.05, "ratio", "How much of the penalty is L1."
        )
    strength = st.select_slider(
        "Strength λ",
        STRENGTHS,
        value=0.02,
        format_func=plain_value,
        disabled=ratio is None,
        help="How much the penalty counts against the squared error.",
        key="strength",
        bind="query-params",
    )
    return LinearChoice(
        ratio,
        strength,
        _slider("Highest power", 1, 15, 15, 1, "degree", "The features are x to this power."),
        _slider(
            "Training points", 20, 200, 20, 5, "line_points", "How many points the fit may see."
        ),
        _slider("Noise", 0.0, 2.0, 0.5, 0.05, "line_noise", "Standard deviation added to 2x + 1."),
        _whole("Data seed", 0, 2**31 - 1, 0, "line_seed", "Decides which points are drawn."),
        _whole("Draws for the bands", 1, 10, 5, "draws", "Data sets behind the error bands."),
    )


def choose_ways() -> list[str]:
    """Draw the choice of what is compared."""
    chosen: list[str] = st.multiselect(
        "Compare",
        WAYS,
        default=WAYS,
        help="The ways of regularizing that are trained side by side.",
        key="ways",
        bind="query-params",
    )
    return [name for name in WAYS if name in chosen]


def choose_network_comparison() -> dict[str, Any]:
    """Draw the controls of the networks; returns their values by name."""
    ways = choose_ways()
    values: dict[str, Any] = {"ways": ways}
    values["points"] = _slider(
        "Training points", 10, 200, 40, 5, "points", "So many training points, drawn at random."
    )
    values["flipped"] = _slider(
        "Flipped labels",
        0.0,
        0.4,
        0.15,
        0.05,
        "flipped",
        "Share of training points that get a wrong class; validation points keep theirs.",
    )
    values["width"] = _slider("Units a layer", 4, 128, 32, 4, "width", "Of both hidden layers.")
    for name, default in (
        ("learning_rate", 0.01),
        ("epochs", 300),
        ("l1", 0.002),
        ("l2", 0.005),
        ("weight_decay", 0.5),
        ("max_norm", 1.0),
    ):
        values[name] = _stops(name, default)
    values["patience"] = _whole(
        "Early stopping patience",
        1,
        1000,
        30,
        "patience",
        "Stops after this many epochs without a better validation loss.",
    )
    values["seeds"] = _slider("Seeds", 1, 10, 5, 1, "seeds", "How often every network is trained.")
    values["seed"] = _whole(
        "First seed", 0, 10**6, 0, "seed", "Decides points, flipped labels and initial weights."
    )
    return values


def network_choice(values: dict[str, Any], reference: nnlib.DataReference) -> NetworkChoice:
    """Return what the controls of the networks say."""
    changes: dict[str, tuple[tuple[str, str | float], ...]] = {
        "No penalty": (),
        "L1": (("l1", values["l1"]),),
        "L2": (("l2", values["l2"]),),
        "AdamW": (("optimizer", "adamw"), ("weight_decay", values["weight_decay"])),
        "Max-norm": (("max_norm", values["max_norm"]),),
        "Early stopping": (("patience", values["patience"]),),
        TRUE_LABELS: (),
    }
    network = nnlib.NetworkConfig(hidden=(values["width"],) * 2)
    training = TrainingConfig(
        learning_rate=values["learning_rate"],
        epochs=values["epochs"],
        batch_size=256,  # more than there are points: every step takes them all
        seed=values["seed"],
    )
    return NetworkChoice(
        nnlib.Experiment(network, training, reference),
        tuple((name, changes[name]) for name in values["ways"]),
        values["points"],
        values["flipped"],
        values["seeds"],
        reference.fingerprint,
    )


def choose_shrinkage() -> tuple[float, int]:
    """Draw the controls of the experiment with single weights: decay and steps."""
    decay = st.select_slider(
        "Decay d",
        (0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1.0, 2.0),
        value=0.5,
        format_func=plain_value,
        help="AdamW's weight decay, and twice the strength of the L2 penalty.",
        key="decay",
        bind="query-params",
    )
    steps = _slider("Steps", 50, 500, 200, 50, "shrink_steps", "How often the weights are updated.")
    return decay, int(steps)


def choose_threshold() -> float:
    """Draw the threshold below which a weight counts as near zero."""
    threshold: float = st.select_slider(
        "Near zero is |w| below",
        (1e-6, 1e-5, 1e-4, 1e-3, 1e-2, 1e-1),
        value=1e-2,
        format_func=plain_value,
        help="The share of near-zero weights counts those below this.",
        key="threshold",
        bind="query-params",
    )
    return threshold


def _stops(name: str, default: float) -> Any:
    setting = setting_of(TrainingConfig, name)
    stops = [s for s in scale_of(setting, default) if s != setting.off]
    low, high = {
        "learning_rate": (1e-3, 0.1),
        "epochs": (50, 5000),
        "l1": (1e-5, 0.1),
        "l2": (1e-5, 1.0),
        "weight_decay": (1e-3, 1.0),
        "max_norm": (0.1, 10.0),
    }[name]
    return st.select_slider(
        setting.label,
        [s for s in stops if low <= s <= high],
        value=default,
        format_func=plain_value,
        help=setting.help,
        key=name,
        bind="query-params",
    )


def _slider(label: str, low: Any, high: Any, default: Any, step: Any, key: str, help: str) -> Any:
    return st.slider(label, low, high, default, step=step, help=help, key=key, bind="query-params")


def _whole(label: str, low: int, high: int, default: int, key: str, help: str) -> int:
    value: int = st.number_input(label, low, high, default, help=help, key=key, bind="query-params")
    return value
