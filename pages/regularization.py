"""Regularization: L1 and L2 on a polynomial, and seven ways to train a network on few points."""

import streamlit as st

from pages.shared import widgets
from pages.shared.data_input import choose_data
from pages.shared.layout import Next, begin_page, three_texts
from pages.shared.presets import choose_preset
from pages.shared.regularization import controls
from pages.shared.regularization.view import show_linear
from pages.shared.regularization.view_networks import show_decay, show_networks, show_shrinkage

TABS = ("Linear regression", "Networks", "L2 and weight decay")

WHAT = r"""
Regularization makes a model prefer simple solutions to those that fit every training point.

**Linear regression.** With polynomial features $x, x^2, \dots$, each standardized on the training
points, and an intercept $b$ that is not penalized (both can be switched off), the page minimizes

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
- **Paths.** L2 shrinks the length of the weight vector; a single weight may grow or change its sign
  on the way, and in general none is exactly zero. L1 sets weights to exactly zero; the larger
  $\lambda$, the fewer are left, though a weight may also come back.
- **Errors.** The training error never falls when $\lambda$ grows; the validation error usually
  falls first and then rises. A smallest validation error that was used to choose $\lambda$ is a
  little too good an estimate of the error on new data.
- **Gradient steps and L1.** With the term $\lambda\,\mathrm{sign}(w)$ in the gradient, a weight
  that belongs at zero steps back and forth over it and does not stay. So networks trained
  this way have weights *near* zero, however long they train; how many depends on the threshold
  that one states.
- **Wrong labels.** With flipped labels the training loss is also that of wrong ones, so its
  distance from the validation loss is not the overfitting: a network that resists wrong labels has
  a large training loss. Compare networks by their validation losses, and the training points by
  their *true* labels: that loss is large where flipped ones have been learned by heart.
- **L2 is not weight decay under Adam.** Under plain SGD the two are the same, with
  $\ell_2 = d/2$. Adam divides the penalty's gradient by $\sqrt{\hat v}$ along with the rest, so
  weights with large gradients are decayed less; AdamW decays all by the same factor.
"""
TRY_NEXT = (
    Next(
        r"In *Linear regression*, choose *L2* and raise $\lambda$: does any weight reach "
        r"zero? Then the elastic net with a small L1 share.",
        {"lab": "Linear regression", "penalty": "L2"},
    ),
    Next(
        "In *Linear regression*, choose *none* with 15 powers and 20 points, and move "
        "the data seed: how much does the curve change? How much with L2?",
        {"lab": "Linear regression", "penalty": "none", "degree": 15, "line_points": 20},
    ),
    Next(
        "In *Networks*, set the flipped labels to 0 and then to 0.3: which ways of "
        "regularizing gain most?",
        {"lab": "Networks", "flipped": 0.0},
    ),
    Next(
        "In *L2 and weight decay*, at which noise does Adam with L2 happen to agree with AdamW?",
        {"lab": "L2 and weight decay"},
    ),
)


def main() -> None:
    """Draw the page."""
    begin_page(
        "Regularization",
        "⚖️",
        subtitle="What L1, L2, weight decay, max-norm, early stopping and wrong labels do to "
        "weights and to overfitting.",
    )
    choose_preset(controls.PRESETS)
    linear, networks, decay = widgets.tabs("lab", TABS)
    # Every control is drawn whatever tab is open, so that a link holds them all.
    with st.sidebar:
        with st.expander("Linear regression", expanded=bool(linear.open)):
            problem = controls.choose_linear()
        with st.expander("Networks", expanded=not linear.open):
            comparison = controls.choose_comparison()
        with st.expander("Single weights", expanded=bool(decay.open)):
            single = controls.choose_shrinkage()
    with decay if decay.open else networks:
        chosen = choose_data("moons")
    if linear.open:
        with linear:
            show_linear(problem)
    if networks.open and chosen is not None:
        with networks:
            show_networks(comparison, chosen)
    if decay.open:
        with decay:
            show_shrinkage(comparison.learning_rate, comparison.seed, *single)
            if chosen is not None:
                show_decay(comparison, chosen)
    three_texts(WHAT, LOOK_FOR, TRY_NEXT)


main()
