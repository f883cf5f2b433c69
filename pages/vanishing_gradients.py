"""Vanishing and exploding gradients: what depth does to the signal, why, and what helps."""

from pages.shared import widgets
from pages.shared.gradient_flow.comparisons import show_remedies, show_scales
from pages.shared.gradient_flow.controls import choose_settings
from pages.shared.gradient_flow.view import show_initial, show_live
from pages.shared.layout import Next, begin_page, three_texts

WHAT = r"""
On its way back each hidden layer multiplies the signal by its weights and by the slope of its
activation: $\delta_{l-1} = f'(z_{l-1}) \odot W_l\,\delta_l$ with $\delta_l = \partial L/\partial
z_l$. With independent weights of mean zero, the variance of $\delta$ changes per layer by
$\chi = n\,\mathrm{Var}(w)\,\mathbb{E}[f'(z)^2]$, and that of the signal forward by
$n\,\mathrm{Var}(w)\,\mathbb{E}[f(z)^2] / \mathrm{Var}(z)$. Over $L$ layers these factors are
multiplied, so anything but 1 vanishes or explodes exponentially with depth.

For $f' \approx 1$ around zero, $n\,\mathrm{Var}(w) = 1$ keeps both; since the fan-in and fan-out
of a layer can differ, **Glorot** & Bengio (2010) take $\mathrm{Var}(w) = 2 / (n_\text{in} +
n_\text{out})$. ReLU passes half of the values, so **He** et al. (2015) take $2 / n_\text{in}$.
The gradient of the weights is another thing than the signal:
$\partial L / \partial W_l = a_{l-1}\,\delta_l^\top$, the signal times what comes in from below.
"""
LOOK_FOR = r"""
- **A straight line on a logarithmic axis**: the same factor at every layer. With a sigmoid it is at
  most a quarter of the weight scale $\sqrt{n\,\mathrm{Var}(w)}$, since its slope is ¼ at most.
- **Signal and weight gradient differ.** With sigmoids and weights that are not large the
  activations stay near ½, so the weight gradients shrink as the signal does. With tanh and small
  weights the activations shrink forward while the signal shrinks backward, and the weight
  gradients, their product, are about equally small everywhere: an even profile is no proof of
  health.
- **Theory and measurement** agree well for wide layers. Of narrow, deep ReLU networks most lie
  *below* the line, by orders of magnitude: only the mean over many of them is on it. Training soon
  leaves the random weights that theory is about.
- **Clipping** limits how long a step is with SGD and momentum. Adam and RMSprop divide each
  component by its recent size, so that a clipped gradient makes a step as long as before. It cannot
  bring back a signal that has vanished, and it changes nothing before the first step.
- **Adam hides it.** It divides each weight's step by the size of that weight's recent gradients, so
  a layer with tiny gradients can move as far as the others, until they come near its
  $\epsilon = 10^{-8}$. Compare *SGD*.
- **Batch normalization** ends the vanishing, yet lets the signal of an untrained network *grow* on
  its way back. Of wide ReLU layers and large batches Yang et al. (2019) derive a factor of
  $\sqrt{\pi/(\pi-1)} = 1.21$ per layer; the few layers nearest to the input add more. Here,
  with sigmoids, it is about 1.6 per layer over 10 layers and 1.2 over 50.
- **Skip connections** add the input of a layer to its output, so the signal has a way back that no
  layer multiplies. But $x + f(Wx)$ makes it grow: with ReLU and *He normal* more than tenfold over
  10 layers and more than 10⁹-fold over 50. He et al. (2016, "Identity mappings") call this order
  "ReLU before addition" and find it worse than the original one. *Scale the branches* divides
  $f(Wx)$ by the root of the depth (Hayou et al. 2021): then it grows about twofold over 10 or 30
  layers and tenfold over 50. A healthy signal is not all: sigmoids do not train well with it here.
"""
TRY_NEXT = (
    Next(
        "Sigmoid, 10 layers: which remedy alone brings the loss down? Look at *Remedies*.",
        {"view": "Remedies", "activation": "sigmoid", "depth": 10},
    ),
    Next(
        "Take ReLU with *He normal* and 30 layers, then scale 0.5 and scale 2.",
        {"activation": "relu", "initializer": "he_normal", "depth": 30},
    ),
    Next(
        "Tanh with *Glorot normal*, 20 layers: how much deeper can it be before the "
        "ratio falls below 1/100?",
        {"activation": "tanh", "initializer": "glorot_normal", "depth": 20},
    ),
    Next(
        "Switch *batch normalization* on with the worst settings you can find. What "
        "happens to the signal, and does it train?",
        {"batch_norm": True},
    ),
    Next(
        "*Skip connections* with 50 layers of ReLU and *He normal*: vanishing, healthy "
        "or exploding? And with *Scale the branches*?",
        {"skip": True, "depth": 50, "activation": "relu", "initializer": "he_normal"},
    ),
    Next(
        "Leave the signal as it is, but take *Adam* with a learning rate of 0.002. Does "
        "it train now, in *Remedies*, *as chosen*?",
        {"view": "Remedies", "optimizer": "adam", "learning_rate": 0.002},
    ),
)

VIEWS = {
    "Live run": show_live,
    "Before training": show_initial,
    "Remedies": show_remedies,
    "Weight scale": show_scales,
}


def main() -> None:
    """Draw the page."""
    begin_page(
        "Vanishing and exploding gradients",
        "🌫️",
        subtitle="What depth does to the signal that training sends back through a network, why, "
        "and what helps.",
    )
    view = widgets.choose_view(
        VIEWS, "A run, the untrained network beside its theory, or comparisons."
    )
    settings = choose_settings()
    if settings is not None:
        VIEWS[view](settings)
    three_texts(WHAT, LOOK_FOR, TRY_NEXT)


main()
