"""Loss landscape: the loss around the end of a run, and what of it a picture can show."""

import streamlit as st

from pages.shared import widgets
from pages.shared.along_gradient import show_along_gradient
from pages.shared.landscape import controls
from pages.shared.landscape.lines_view import show_line, show_parting
from pages.shared.landscape.plane_view import show_plane
from pages.shared.landscape.presets import PRESETS
from pages.shared.layout import Next, begin_page, three_texts
from pages.shared.presets import choose_preset

WHAT = r"""
The loss of a network is a function of all of its $P$ parameters. A **plane**
$w_\text{end} + a\,d_1 + b\,d_2$ through the end of a run shows it along two directions. **Random**
directions are Gaussian, and then made as long as the weights, unit by unit:
$d_j \leftarrow d_j\,|w_j| / |d_j|$, where $w_j$ are the weights into unit $j$; biases and the
parameters of batch normalization keep their values (**filter normalization**, Li et al. 2018, with
the weights into a unit of a dense layer as the filter). The **path's own** directions are the first
two principal components of the differences between the run's points and its end (the same paper;
here of all parameters, at even distances of steps), each of length 1.

The path is drawn by its nearest points in the plane. The loss is that of a whole set of examples,
without dropout and penalties; batch normalization takes its statistics from the training examples
anew at every point, since running statistics belong to other weights.

On the **line** $(1-t)\,w_1 + t\,w_2$ between the ends of two runs, the **barrier** is the highest
error minus the mean of the errors at the two ends; below 2 % the runs count as **linearly
connected** (Frankle et al. 2020). **Runs that part** share their first $k$ steps and then see the
examples in orders, and dropout in draws, of their own. The number of shared steps from which on
they are connected tells when the noise of SGD no longer decides where a run goes.
"""
LOOK_FOR = """
- **How little of the path a random plane holds.** In many dimensions a random direction is nearly
  perpendicular to any given one, and to the path (Li et al. 2018).
- **A large share of variance is no discovery.** A long random walk in very many dimensions, which
  knows no landscape, has 61 % of its variance along its first principal component and 15 % along
  its second, and its projection on them is a Lissajous curve. The shares of trained networks
  resembled those of a random walk with drift (Antognini & Sohl-Dickstein 2018). The walk's shares
  stand beside the run's.
- **The plane's loss is not the run's.** The curves below the maps compare the loss where the run
  was with that at the nearest point of the plane. Where they differ, the run was at another height
  than the drawn path.
- **What a slice does not show.** A plane has two directions of all; around it the loss may turn up
  or down. If the slice is not convex, neither is the loss, but a convex slice proves nothing (judge
  it without the logarithm). The curvature along a random direction is a weighted average of all
  eigenvalues of the Hessian, in which a few negative ones may not show (Li et al. 2018).
- **Widths of valleys** can be compared only on one scale: in a ReLU network, one layer's weights
  and biases times ten and the next layer's weights divided by ten give the same function with
  another curvature (Dinh et al. 2017). Filter normalization is made against that.
- **Two seeds and one beginning.** Runs from other initial weights have a high barrier here even
  where both have learned nearly all: units can change places without changing the function, so that
  two networks may be alike and far apart. It is a conjecture that reordering the units lets the
  barrier vanish (Entezari et al. 2022). Runs from the same initial weights were connected from the
  start in a small network on MNIST, and from early in training on with larger ones (Frankle et al.
  2020). Here the digits are like MNIST; on the spiral it depends on the seed.
- **Along the gradient** the loss and the gradient varied less with batch normalization in the
  networks of Santurkar et al. (2018), which they hold to be why it helps. In these small networks
  it depends on depth, batch size and how much is learned: see the factors.
"""
TRY_NEXT = (
    Next("Choose *Random* directions. How much of the path is left?", {"directions": "Random"}),
    Next(
        "Draw the random plane at a half width of 0.05, and then at 2. Does it still look convex?",
        {"directions": "Random", "half_width": 0.05},
    ),
    Next(
        "Train with a learning rate of 1: how do the path and its variances change?",
        {"learning_rate": 1.0},
    ),
    Next(
        "Look at *Validation* examples: is the end of the path still the lowest place?",
        {"split": "Validation"},
    ),
    Next(
        "Let *Runs that part* train on the spiral at a rate of 0.5 for 100 epochs. After how many "
        "steps is it settled where the runs end, and is it the same for another seed?",
        {"view": "Runs that part", "data": "spiral", "learning_rate": 0.5, "epochs": 100},
    ),
    Next(
        "Look *Along the gradient* with a batch of 128, and then of 16. Where does batch "
        "normalization make the loss smoother?",
        {"view": "Along the gradient", "batch_size": 128},
    ),
)


def main() -> None:
    """Draw the page."""
    begin_page(
        "Loss landscape",
        "⛰️",
        subtitle="The loss around the end of a run, the way there, and what a picture of it leaves "
        "out.",
    )
    choose_preset(PRESETS)
    view = widgets.choose_view(
        controls.VIEWS,
        "A plane around a run's end, the line between two ends, or the direction of the step.",
    )
    own = st.sidebar.container()  # what the view is about comes first
    settings = controls.choose_settings(view)
    with own:
        plane = controls.choose_plane() if view == controls.PLANE else None
        line = controls.choose_line() if view == controls.LINE else None
        pairs = controls.choose_pairs() if view == controls.PARTING else 0
    if settings is not None:
        if plane is not None:
            show_plane(settings, plane)
        elif line is not None:
            show_line(settings, line)
        elif pairs:
            show_parting(settings, pairs)
        else:
            show_along_gradient(settings.experiment, settings.data)
    three_texts(WHAT, LOOK_FOR, TRY_NEXT)


main()
