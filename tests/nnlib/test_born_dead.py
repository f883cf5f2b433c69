"""Born-dead networks: counts against exact probabilities and bounds, Wilson's interval."""

import numpy as np
import pytest

from nnlib.activations import ACTIVATIONS
from nnlib.initializers import INITIALIZERS
from nnlib.labs.born_dead import SYMMETRIC, count_dead, lower_bound, upper_bound
from nnlib.proportions import wilson_interval


def count(initializer="he_normal", width=2, depth=8, networks=40_000, seed=0):
    return count_dead(initializer, width, depth, networks, np.random.default_rng(seed))


def test_upper_bound():
    assert upper_bound(2, 3) == pytest.approx([0, 1 / 4, 7 / 16])
    assert upper_bound(3, 2) == pytest.approx([0, 1 / 8])


@pytest.mark.parametrize("width", [1, 2, 3, 6, 10])
def test_lower_bound_is_its_closed_form(width):
    layers, p = np.arange(30), 2.0**-width
    a, b = 1 - p, 1 - 2 * p - (width - 1) * p**2
    weight = (1 - 2 * p) * (1 - p) / (1 + (width - 1) * p)
    closed = 1 - a**layers + weight * (b**layers - a**layers)
    assert lower_bound(width, 30) == pytest.approx(closed, abs=1e-13)
    assert (lower_bound(width, 30) <= upper_bound(width, 30) + 1e-15).all()


def test_width_one_is_exact():
    assert lower_bound(1, 6) == pytest.approx(upper_bound(1, 6))
    for initializer in SYMMETRIC:
        low, high = wilson_interval(count(initializer, 1).dead, 40_000, 4.0)
        assert ((low <= upper_bound(1, 8)) & (upper_bound(1, 8) <= high)).all()


@pytest.mark.parametrize("initializer", ["he_normal", "glorot_uniform", "normal"])
@pytest.mark.parametrize("width", [2, 3, 5])
def test_independent_weights_lie_between_the_bounds(initializer, width):
    found = count(initializer, width)
    low, high = wilson_interval(found.dead, found.networks, 4.0)
    assert (high >= lower_bound(width, 8)).all() and (low <= upper_bound(width, 8)).all()
    exact = lower_bound(width, 8)[:2]
    assert ((low[:2] <= exact) & (exact <= high[:2])).all()


def test_orthogonal_weights_die_less_often_than_the_lower_bound_of_independent_ones():
    found = count("orthogonal", 2)
    low, high = wilson_interval(found.dead, found.networks, 4.0)
    assert high[1] < lower_bound(2, 2)[1]
    assert (low <= upper_bound(2, 8)).all()
    # Half of the networks start with one unit for each sign of x, at right angles: no second
    # layer is zero for both. The others have one direction, which dies with probability 1/4.
    assert low[1] <= 1 / 8 <= high[1]


def test_scale_plays_no_part():
    assert count("he_normal").dead.tolist() == count("normal").dead.tolist()


@pytest.mark.parametrize("initializer", ["he_uniform", "orthogonal"])
def test_agrees_with_networks_drawn_one_by_one(initializer):
    """The slow way: the library's initializer, a grid of inputs, layer by layer."""
    rng, relu, width, depth, networks = np.random.default_rng(5), ACTIVATIONS["relu"], 2, 4, 1500
    dead = np.zeros(depth)
    for _ in range(networks):
        a = np.linspace(-3, 3, 10).reshape(-1, 1)
        for layer in range(depth):
            a = relu.value(a @ INITIALIZERS[initializer](rng, a.shape[1], width))
            dead[layer] += not a.any()
    low, high = wilson_interval(dead, networks, 4.0)
    share = count(initializer, depth=depth).share
    assert ((low <= share) & (share <= high)).all()


def test_counts_only_grow_and_depths_share_their_networks():
    found = count(depth=60, networks=500)
    assert found.dead[0] == 0 and (np.diff(found.dead) >= 0).all() and found.dead[-1] == 500
    assert found.dead[:5].tolist() == count(depth=5, networks=500).dead.tolist()


def test_very_deep_networks_do_not_underflow():
    assert count(width=10, depth=100, networks=1000).share[-1] < 0.1


def test_zeros_are_refused():
    with pytest.raises(ValueError, match="symmetric"):
        count("zeros")
