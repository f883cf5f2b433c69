"""Gradient descent: optimizers on curves and surfaces, and the theory of the quadratic bowl."""

import streamlit as st

from pages.shared import widgets
from pages.shared.descent import controls
from pages.shared.descent.presets import PRESETS
from pages.shared.descent.view import show_descent, show_race
from pages.shared.layout import Next, begin_page, three_texts
from pages.shared.presets import choose_preset

WHAT = r"""
**Gradient descent** walks downhill: from a point $x_t$ it steps against the gradient,
$x_{t+1} = x_t - \eta\,\nabla f(x_t)$, with the **learning rate** $\eta$. **Momentum** (Polyak 1964)
keeps a velocity, $v \leftarrow \beta v + \nabla f(x)$ and $x \leftarrow x - \eta v$. **Nesterov**
momentum (Nesterov 1983) takes the gradient a little ahead, at $\theta - \eta\beta v$. It runs here
in the form of Bengio et al. (2013), $x \leftarrow x - \eta\,(\nabla f(x) + \beta v)$ with the same
$v$, in which $x$ *is* that point ahead: the path is drawn through the points where the gradient is
taken, and the method's own parameters are $\theta = x + \eta\beta v$. **Adagrad** (Duchi et al.
2011), **RMSprop** (Tieleman & Hinton 2012) and **Adam** (Kingma & Ba 2015) divide the step of each
coordinate by a running size of its own past gradients. These are the very update rules with which
this dashboard trains networks; here the gradients are exact, but on the parabola with noise.

A run **converges** at the first step with $\lVert\nabla f\rVert \le$ tolerance or, with the
tolerance on the step, at the first step that is no longer than it: that is what *steps to
tolerance* counts. It **diverges** where a coordinate leaves $\pm 10^6$; on the saddle, where it is
then lower than its start, it **escapes**.

Surfaces: Rosenbrock (1960), Beale (1958), Himmelblau (1972), Rastrigin (1974), Styblinski & Tang
(1990).
"""
LOOK_FOR = r"""
- **Zigzag.** In a long narrow bowl the steep direction limits the learning rate to
  $2/\lambda_{\max}$, and along the flat one progress is slow. Momentum is fast where gradients
  agree, and overshoots.
- **Where it stops.** A small gradient says that the ground is flat, not that it is the lowest
  point: it may be a local minimum (Rastrigin, Styblinski–Tang), a plateau (Beale) or a saddle.
- **The saddle.** $x^2 - y^2$ has no lowest value, so a path can only escape along $y$, ever lower.
  A start with $y = 0$ exactly is the exception: no optimizer here ever leaves the $x$ axis, and
  gradient descent with $\eta < 1$ converges to the saddle point. So near the axis that the
  tolerance is met in passing, a run stops there too.
- **First steps.** Adagrad and Adam first move each coordinate by about $\eta$, and RMSprop (decay
  0.99, no bias correction) by about $10\,\eta$, however large the gradient. So one learning rate
  for all is not a fair race: each has its own best one.
- **$|x|$.** The slope is $\pm 1$ however near the minimum is, so every step has the length $\eta$.
  With a constant learning rate the path ends up jumping to and fro, never farther than $\eta$ from
  0, and it settles only if it happens to hit 0 exactly.
- **Tolerance on the step.** A step is the slope times the learning rate, so with a small rate it is
  short long before the minimum, and momentum makes short steps wherever it turns round.
"""
TRY_NEXT = (
    Next(
        "On the parabola, set the learning rate to 0.5, then 1, then 1.2. Which one "
        "needs a single step, which one jumps to and fro forever?",
        {"view": "One variable", "function": "parabola", "rate_parabola": 0.5},
    ),
    Next(
        "On the quartic with two minima, look for starts and learning rates that end in "
        "the higher of them, and for a learning rate that jumps out of it.",
        {"view": "One variable", "function": "double_well"},
    ),
    Next(
        "On the bowl, raise the condition number to 100 and choose the learning rate "
        "that is *best for gradient descent*, then Polyak's. How many steps does each "
        "need?",
        {
            "view": "Race on a surface",
            "surface": "bowl",
            "condition": 100.0,
            "tuning": "best for gradient descent",
        },
    ),
    Next(
        "Turn the bowl from 30° to 0°. Adagrad, RMSprop and Adam work coordinate by "
        "coordinate, so for them the direction of the bowl matters.",
        {"view": "Race on a surface", "surface": "bowl", "angle": 0},
    ),
    Next(
        "In Rosenbrock's valley, raise the learning rate step by step. Which optimizers "
        "diverge first, and which ones need the larger rate?",
        {"view": "Race on a surface", "surface": "rosenbrock"},
    ),
)


def main() -> None:
    """Draw the page."""
    begin_page(
        "Gradient descent",
        "⛰️",
        subtitle="How optimizers move on a loss surface, and what learning rate, momentum and "
        "curvature change.",
    )
    choose_preset(PRESETS)
    view = widgets.choose_view(
        controls.VIEWS, "One function of one variable, or several optimizers on a surface."
    )
    if view == controls.ONE_VARIABLE:
        with st.sidebar:
            descent = controls.choose_descent()
        show_descent(descent)
    else:
        with st.sidebar:
            race = controls.choose_race()
        show_race(race)
    three_texts(WHAT, LOOK_FOR, TRY_NEXT)


main()
