"""Gradient descent: optimizers on curves and surfaces, and the theory of the quadratic bowl."""

import streamlit as st

from pages.shared.descent_controls import choose_descent, choose_race
from pages.shared.descent_view import show_descent, show_race
from pages.shared.layout import begin_page, three_texts

WHAT = r"""
**Gradient descent** walks downhill: from a point $x_t$ it steps against the gradient,
$x_{t+1} = x_t - \eta\,\nabla f(x_t)$, with the **learning rate** $\eta$. **Momentum** (Polyak 1964)
keeps a velocity, $v \leftarrow \beta v + \nabla f(x)$ and $x \leftarrow x - \eta v$. **Nesterov**
momentum is drawn in the form of Sutskever et al. (2013), $x \leftarrow x - \eta\,(\nabla f(x) +
\beta v)$ with the same $v$. **Adagrad** (Duchi et al. 2011), **RMSprop** (Tieleman & Hinton 2012)
and **Adam** (Kingma & Ba 2015) divide the step of each coordinate by a running size of its own past
gradients. These are the very update rules with which this dashboard trains networks, here with
exact gradients.

A run **converges** at the first step with $\lVert\nabla f\rVert \le$ tolerance: that is what *steps
to tolerance* counts. It **diverges** where a coordinate leaves $\pm 10^6$.

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
"""
TRY_NEXT = r"""
- On the parabola, set the learning rate to 0.5, then 1, then 1.2. Which one needs a single step,
  which one jumps to and fro forever?
- On the quartic, look for starts and learning rates that end in the higher of the two minima, and
  for a learning rate that jumps out of it.
- On the bowl, raise the condition number to 100 and choose the learning rate that is best for
  gradient descent, then Polyak's. How many steps does each need?
- Turn the bowl from 30° to 0°. Adagrad, RMSprop and Adam work coordinate by coordinate, so for
  them the direction of the bowl matters.
- In Rosenbrock's valley, raise the learning rate step by step. Which optimizers diverge first, and
  which ones need the larger rate?
"""

VIEWS = ("One variable", "Race on a surface")


def main() -> None:
    """Draw the page."""
    begin_page(
        "Gradient descent",
        "⛰️",
        subtitle="How optimizers move on a loss surface, and what learning rate, momentum and "
        "curvature change.",
    )
    view = st.segmented_control(
        "View",
        VIEWS,
        default=VIEWS[0],
        required=True,
        key="view",
        bind="query-params",
        label_visibility="collapsed",
        help="One function of one variable, or several optimizers on a surface.",
    )
    if view == VIEWS[0]:
        with st.sidebar:
            descent = choose_descent()
        show_descent(descent)
    else:
        with st.sidebar:
            race = choose_race()
        show_race(race)
    three_texts(WHAT, LOOK_FOR, TRY_NEXT)


main()
