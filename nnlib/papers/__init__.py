"""Published results that can be rerun at the size of a laptop, each with the band it must meet.

One file a result: its source, its claim, what is scaled down, the measurement, and the bands, which
are set from the paper before a first rerun and are not moved afterwards.
"""

from nnlib.papers import (
    batch_normalization,
    decoupled_decay,
    double_descent,
    dropout,
    dying_relu,
    edge_of_stability,
    glorot,
    he_initialization,
    linear_scaling,
    mnist_table,
    noise_scale,
    orthogonal,
    random_labels,
    smooth_landscape,
)
from nnlib.papers.paper import Band, Curve, Measured, Paper, Picture, Work

PAPERS: dict[str, Paper] = {
    module.PAPER.name: module.PAPER
    for module in (
        glorot,
        he_initialization,
        orthogonal,
        dying_relu,
        edge_of_stability,
        batch_normalization,
        smooth_landscape,
        linear_scaling,
        noise_scale,
        dropout,
        decoupled_decay,
        random_labels,
        double_descent,
        mnist_table,
    )
}
"""Every result by name, in the order in which they are shown."""

__all__ = ["PAPERS", "Band", "Curve", "Measured", "Paper", "Picture", "Work"]
