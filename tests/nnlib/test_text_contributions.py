"""Word contributions: exact cases, central differences, and that the network stays as it is."""

import numpy as np
import pytest

from nnlib.building import build_network
from nnlib.config import NetworkConfig
from nnlib.probes.word_contributions import ROWS_AT_ONCE, attribute, mean_logit_gradient

RNG = np.random.default_rng(0)


def network(seed: int = 0, n_inputs: int = 6, n_outputs: int = 1, **config):
    rng = np.random.default_rng(seed)
    built = build_network(NetworkConfig(**{"hidden": (5, 4)} | config), n_inputs, n_outputs, rng)
    for name, array in built.parameters().items():
        if "weight" not in name:
            array += rng.normal(size=array.shape)
    return built


def test_without_hidden_layers_the_gradient_is_the_weight():
    net = network(hidden=())
    x = np.array([[1.0, 0, 2, 0, 0, 1], [0, 0, 0, 0, 0, 0]])
    found = attribute(net, x)
    weight = net.dense_layers[0].weight[:, 0]
    np.testing.assert_allclose(found.gradients, [weight, weight])
    np.testing.assert_allclose(found.contributions, x * weight)
    np.testing.assert_allclose(found.remainders, net.dense_layers[0].bias[0, 0])
    np.testing.assert_allclose(mean_logit_gradient(net, x), weight)


@pytest.mark.parametrize("depth", [1, 2, 3])
def test_relu_without_biases_sums_to_the_logit(depth: int):
    net = network(hidden=(7,) * depth)
    for dense in net.dense_layers:
        dense.bias[...] = 0
    x = RNG.poisson(1.0, (20, 6)).astype(float)
    found = attribute(net, x)
    np.testing.assert_allclose(found.remainders, 0, atol=1e-12)
    assert np.abs(found.logits).max() > 0.1


@pytest.mark.parametrize(
    "config",
    [
        {"activation": "tanh"},
        {"activation": "gelu", "batch_norm": True},
        {"activation": "silu", "dropout": 0.5, "skip": True, "hidden": (5, 5)},
        {"activation": "relu"},
    ],
    ids=lambda config: config["activation"],
)
def test_gradients_agree_with_central_differences(config):
    net = network(**config)
    x = RNG.normal(size=(3, 6))
    found = attribute(net, x)
    step = 1e-6
    for j in range(6):
        shift = np.zeros(6)
        shift[j] = step
        high, low = (net.predict_logits(x + s * shift)[:, 0] for s in (1, -1))
        np.testing.assert_allclose(found.gradients[:, j], (high - low) / (2 * step), atol=1e-7)
    np.testing.assert_allclose(found.logits, net.predict_logits(x)[:, 0])
    np.testing.assert_allclose(
        found.remainders, found.logits - (x * found.gradients).sum(axis=1), rtol=1e-9
    )


def test_absent_words_contribute_nothing():
    found = attribute(network(activation="tanh"), np.array([[0, 1.0, 0, 3, 0, 0]]))
    assert np.flatnonzero(found.contributions[0]).tolist() == [1, 3]


def test_the_network_stays_as_it_is():
    net = network(batch_norm=True, dropout=0.3)
    net.flat_gradients[...] = 7
    before = [a.copy() for a in (net.flat_parameters, net.flat_gradients, net.flat_state)]
    attribute(net, RNG.normal(size=(4, 6)))
    mean_logit_gradient(net, RNG.normal(size=(4, 6)))
    for old, new in zip(
        before, (net.flat_parameters, net.flat_gradients, net.flat_state), strict=True
    ):
        np.testing.assert_array_equal(old, new)


def test_the_mean_is_over_all_rows():
    net, x = network(activation="tanh"), RNG.normal(size=(ROWS_AT_ONCE + 10, 6))
    np.testing.assert_allclose(
        mean_logit_gradient(net, x), attribute(net, x).gradients.mean(axis=0)
    )
    assert np.isnan(mean_logit_gradient(net, x[:0])).all()


def test_several_outputs_and_stacks_are_refused():
    with pytest.raises(ValueError):
        attribute(network(n_outputs=3), np.ones((1, 6)))
    config = NetworkConfig(hidden=(3,))
    stack = build_network([config, config], 6, 1, [np.random.default_rng(i) for i in range(2)])
    with pytest.raises(ValueError):
        mean_logit_gradient(stack, np.ones((1, 6)))
