"""Gradient flow: verdicts, theory against closed forms and measurement, and the page's claims."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from small_runs import DATA, make_experiment

from nnlib.activations import ACTIVATIONS
from nnlib.config import Experiment, NetworkConfig, TrainingConfig
from nnlib.datasets import load
from nnlib.labs import finite_width
from nnlib.labs import gradient_flow as flow
from nnlib.labs import gradient_flow_remedies as treatment
from nnlib.labs.propagation import RandomStack, measure, propagate
from nnlib.training import Trainer

MOONS = load("moons")


def deep(depth: int, width: int = 32, **network) -> Experiment:
    training = TrainingConfig(optimizer="sgd", learning_rate=0.1, batch_size=32, epochs=1)
    return Experiment(NetworkConfig(hidden=(width,) * depth, **network), training)


@pytest.mark.parametrize(
    ("signal", "kind", "ratio"),
    [
        ([0.8, 0.9, 1.0], "healthy", 0.8),
        ([1.0, 2.0, 4.0], "vanishing", 0.25),
        ([1e-3, 1e-2, 1.0], "vanishing", 1e-3),
        ([500.0, 10.0, 1.0], "exploding", 500.0),
        ([0.0, 0.1, 1.0], "vanishing", 0.0),
        ([1.0, 0.5, 0.0], "exploding", np.inf),
        ([3.0], "one layer", 1.0),
    ],
)
def test_verdicts(signal, kind, ratio):
    verdict = flow.judge(signal)
    assert (verdict.kind, verdict.ratio, verdict.layers) == (kind, ratio, len(signal))


@pytest.mark.parametrize(
    ("signal", "kind"),
    [([0.0, 0.0], "no signal"), ([np.nan, 1.0], "not finite"), ([1.0, np.inf], "not finite")],
)
def test_verdicts_without_a_ratio(signal, kind):
    assert flow.judge(signal).kind == kind


@given(factor=st.floats(0.01, 100), layers=st.integers(2, 50))
def test_the_factor_per_layer_of_a_geometric_profile(factor, layers):
    verdict = flow.judge(factor ** np.arange(layers)[::-1])
    assert verdict.factor == pytest.approx(factor, rel=1e-9)


@given(factor=st.floats(0.5, 2.0), few=st.integers(2, 50), many=st.integers(2, 50))
def test_the_same_factor_is_judged_the_same_at_every_depth(factor, few, many):
    assume(min(abs(factor - flow.LIMIT), abs(factor - 1 / flow.LIMIT)) > 1e-6)
    kinds = {flow.judge(factor ** np.arange(n)[::-1]).kind for n in (few, many)}
    assert len(kinds) == 1


def test_small_factors_add_up():
    deep_one, shallow = (flow.judge(1.15 ** np.arange(n)[::-1]) for n in (50, 10))
    assert deep_one.kind == shallow.kind == "healthy"
    assert deep_one.adds_up and not shallow.adds_up
    assert not flow.judge(2.0 ** np.arange(50)[::-1]).adds_up


def test_prediction_of_relu_is_the_closed_form():
    # He et al. (2015): ½·n·var(w) forward and backward, whatever the data.
    network = NetworkConfig(hidden=(64,) * 8, activation="relu", initializer="he_normal")
    x = np.random.default_rng(0).normal(size=(50, 7))
    for scale in (0.5, 1.0, 2.0):
        theory = flow.predict(NetworkConfig(**{**vars(network), "initializer_scale": scale}), x)
        np.testing.assert_allclose(theory.forward, scale**2, rtol=1e-9)
        np.testing.assert_allclose(theory.backward, scale**2, rtol=1e-9)
        np.testing.assert_allclose(theory.relative_signal, scale ** np.arange(8.0)[::-1], 1e-9)
        q1 = scale**2 * 2 / 7 * np.square(x).sum(axis=1).mean()
        deviation = np.sqrt(q1 / 2 * (1 - 1 / np.pi))  # of a rectified normal variable
        assert theory.activation_std[0] == pytest.approx(deviation, rel=1e-9)


def test_prediction_of_a_linear_network_is_glorot_and_bengio():
    network = NetworkConfig(hidden=(40,) * 5, activation="linear", initializer="normal")
    theory = flow.predict(network, np.ones((3, 2)))
    np.testing.assert_allclose(theory.forward, 40 * 0.05**2)
    np.testing.assert_allclose(theory.backward, 40 * 0.05**2)


@pytest.mark.parametrize(
    ("activation", "initializer", "scale"),
    [
        ("sigmoid", "normal", 1.0),
        ("sigmoid", "glorot_normal", 1.0),
        ("tanh", "glorot_normal", 1.0),
        ("tanh", "glorot_uniform", 2.0),
        ("relu", "he_normal", 1.0),
        ("relu", "normal", 1.0),
        ("gelu", "he_normal", 1.0),
    ],
)
def test_measurement_agrees_with_theory_in_wide_networks(activation, initializer, scale):
    names = {"activation": activation, "initializer": initializer, "initializer_scale": scale}
    experiment = deep(6, 512, **names)
    theory = flow.predict(experiment.network, MOONS.X_train)
    measured = flow.measure_initial(experiment, MOONS, 5)
    signal = np.median(measured.relative_signal, axis=0)
    np.testing.assert_allclose(signal, theory.relative_signal, rtol=0.2)
    deviation = np.median(measured.activation_std, axis=0)
    # Examples have different lengths, of which theory takes the mean square.
    np.testing.assert_allclose(deviation, theory.activation_std, rtol=0.25)


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"batch_norm": True}, "batch normalization"),
        ({"skip": True}, "skip"),
        ({"initializer": "zeros"}, "zero"),
    ],
)
def test_theory_says_where_it_has_nothing_to_say(change, reason):
    network = NetworkConfig(hidden=(4, 4), **change)
    assert reason in flow.why_no_theory(network)
    with pytest.raises(ValueError, match="plain networks"):
        flow.predict(network, np.ones((2, 2)))
    assert not flow.why_no_theory(NetworkConfig())


# --- the page's claims ----------------------------------------------------------------------------


def test_sigmoid_with_small_weights_vanishes():
    experiment = deep(10, activation="sigmoid", initializer="normal")
    signal = flow.measure_initial(experiment, MOONS, 5).signal
    assert (signal[:, -1] / signal[:, 0]).min() > 1e4
    assert {flow.judge(row).kind for row in signal} == {"vanishing"}


def test_sigmoid_vanishes_with_glorot_as_well_since_its_slope_is_a_quarter_at_most():
    experiment = deep(10, activation="sigmoid", initializer="glorot_normal")
    signal = flow.measure_initial(experiment, MOONS, 5).signal
    factors = [flow.judge(row).factor for row in signal]
    assert max(factors) < 0.3
    assert ACTIVATIONS["sigmoid"].derivative(np.linspace(-5, 5, 1001)).max() == 0.25


def test_he_keeps_the_signal_of_relu_over_thirty_layers():
    experiment = deep(30, 256, activation="relu", initializer="he_normal")
    signal = flow.measure_initial(experiment, MOONS, 5).relative_signal
    assert 1 / 3 < np.median(signal[:, 0]) < 3


def test_glorot_keeps_the_signal_of_tanh_and_halves_the_variance_of_relu():
    tanh = flow.measure_initial(
        deep(10, 256, activation="tanh", initializer="glorot_normal"), MOONS, 5
    )
    assert 1 / 3 < np.median(tanh.relative_signal[:, 0]) < 3
    relu = flow.measure_initial(
        deep(10, 256, activation="relu", initializer="glorot_normal"), MOONS, 5
    )
    factor = np.median([flow.judge(row).factor for row in relu.signal])
    assert factor == pytest.approx(np.sqrt(0.5), rel=0.1)


@pytest.mark.parametrize(
    ("scale", "kind"), [(0.5, "vanishing"), (1.0, "healthy"), (2.0, "exploding")]
)
def test_relu_explodes_or_vanishes_by_the_scale_of_its_weights(scale, kind):
    experiment = deep(20, 128, activation="relu", initializer="he_normal", initializer_scale=scale)
    signal = flow.measure_initial(experiment, MOONS, 3).signal
    assert {flow.judge(row).kind for row in signal} == {kind}


def test_the_signal_of_relu_is_kept_exactly_at_the_scale_of_he():
    sweep = flow.sweep_scale("relu", 128, 10, np.random.default_rng(0))
    np.testing.assert_allclose(sweep.predicted, sweep.scales / np.sqrt(2), rtol=1e-9)
    np.testing.assert_allclose(sweep.measured, sweep.predicted, rtol=0.15)


def test_the_signal_of_sigmoid_needs_large_weights_to_survive():
    sweep = flow.sweep_scale("sigmoid", 128, 10, np.random.default_rng(0))
    assert (sweep.predicted <= sweep.scales / 4 + 1e-12).all()
    assert (sweep.predicted[sweep.scales < 4] < 1).all()


def test_weight_gradients_and_signals_are_different_things():
    # ‖dL/dW‖ is the signal times what comes in, which with tanh and tiny weights shrinks forward
    # as the signal does backward.
    experiment = deep(6, 64, activation="tanh", initializer="normal", initializer_scale=0.5)
    measured = flow.measure_initial(experiment, MOONS, 5)
    signal = np.median(measured.relative_signal, axis=0)
    gradient = np.median(measured.gradient, axis=0)
    assert signal[0] < 1e-3
    assert gradient.max() < 3 * gradient.min()


def test_the_weight_gradients_of_sigmoids_shrink_as_the_signal_does():
    experiment = deep(8, 64, activation="sigmoid", initializer="glorot_normal")
    measured = flow.measure_initial(experiment, MOONS, 5)
    signal = np.median(measured.relative_signal, axis=0)
    gradient = np.median(measured.gradient[:, :-1] / measured.gradient[:, -2:-1], axis=0)
    np.testing.assert_allclose(np.log(gradient[1:-1]), np.log(signal[1:-1]), rtol=0.25)


def ratios(experiment: Experiment, seeds: int = 5) -> list[float]:
    return [flow.judge(row).ratio for row in flow.measure_initial(experiment, MOONS, seeds).signal]


def test_plain_skip_connections_let_the_signal_of_relu_explode_and_scaled_ones_do_not():
    for depth, plain, low, high in ((10, 10, 1, 4), (30, 1e4, 1, 5), (50, 1e9, 5, 30)):
        network = {"activation": "relu", "initializer": "he_normal", "skip": True}
        assert min(ratios(deep(depth, **network))) > plain
        scaled = np.median(ratios(deep(depth, **network, skip_scaled=True)))
        assert low < scaled < high


@pytest.mark.parametrize("activation", ["sigmoid", "tanh", "relu"])
@pytest.mark.parametrize("depth", [2, 10, pytest.param(50, marks=pytest.mark.long)])
def test_scaled_skip_connections_are_healthy_at_every_depth(activation, depth):
    suited = ACTIVATIONS[activation].suited_initializer
    scaled = {"skip": True, "skip_scaled": True, "activation": activation, "initializer": suited}
    signal = flow.measure_initial(deep(depth, 128, **scaled), MOONS, 5).signal
    assert flow.judge(np.median(signal, axis=0)).kind == "healthy"


@pytest.mark.parametrize(("depth", "told"), [(10, 1.6), (50, 1.2)])
def test_batch_normalization_grows_the_signal_as_the_page_says(depth, told):
    """Of the page's own defaults, by the verdict that it draws."""
    network = {"activation": "sigmoid", "initializer": "glorot_normal", "batch_norm": True}
    measured = flow.measure_initial(deep(depth, **network), MOONS, 5)
    assert round(flow.judge(measured.typical_signal).factor, 1) == told


def test_batch_normalization_tends_to_the_limit_of_yang_and_others_far_from_the_input():
    network = {"activation": "relu", "initializer": "he_normal", "batch_norm": True}
    experiment = deep(30, 256, **network).with_training(batch_size=256)
    signal = np.median(flow.measure_initial(experiment, MOONS, 2).signal, axis=0)
    factors = signal[:-1] / signal[1:]
    assert factors[-10:].mean() == pytest.approx(np.sqrt(np.pi / (np.pi - 1)), rel=0.05)
    assert factors[:3].min() > 1.3
    assert round(np.sqrt(np.pi / (np.pi - 1)), 2) == 1.21


def test_sigmoid_with_batch_normalization_explodes_at_ten_layers_as_at_eleven():
    network = {"activation": "sigmoid", "initializer": "glorot_normal", "batch_norm": True}
    kinds = {
        flow.judge(np.median(flow.measure_initial(deep(n, **network), MOONS, 5).signal, 0)).kind
        for n in (10, 11)
    }
    assert kinds == {"exploding"}


@pytest.mark.parametrize(
    ("width", "depth"), [(32, 30), pytest.param(128, 50, marks=pytest.mark.long)]
)
def test_half_of_narrow_relu_networks_lie_far_below_the_line_and_their_mean_is_on_it(width, depth):
    stack = RandomStack(ACTIVATIONS["relu"], "he_normal", 1.0, width, depth, inputs=20)
    rng, theory = np.random.default_rng(0), propagate(stack)
    shares = []
    for _ in range(100):
        layers = measure(stack, rng).layers
        second_moment = layers.pre_variance[-1] + layers.pre_mean[-1] ** 2
        shares.append(second_moment / theory.pre_variance[-1])
    expected = finite_width.typical_share(depth, width)
    assert expected / 2 < np.median(shares) < 2.5 * expected < 1
    assert np.mean(shares) > 2 * np.median(shares)
    assert 0.5 < np.mean(shares) < 1.6


# --- remedies -------------------------------------------------------------------------------------


def test_each_remedy_changes_one_thing():
    base = deep(5, activation="sigmoid", initializer="normal")
    offered = treatment.remedies(base)
    assert list(offered) == [
        "as chosen",
        "Glorot normal initializer",
        "ReLU with He",
        "batch normalization",
        "scaled skip connections",
        "clipping at norm 1",
    ]
    assert offered["as chosen"] == base
    assert offered["scaled skip connections"] == base.with_network(skip=True, skip_scaled=True)
    assert offered["Glorot normal initializer"].network.activation == "sigmoid"


def test_what_the_network_has_already_is_no_remedy():
    network = {"activation": "relu", "initializer": "he_normal", "skip": True, "skip_scaled": True}
    base = deep(5, **network).with_training(clip_norm=2)
    assert list(treatment.remedies(base)) == ["as chosen", "batch normalization"]


def test_no_remedy_is_offered_twice():
    offered = treatment.remedies(deep(3, activation="relu", initializer="normal"))
    assert "ReLU with He" not in offered and len(set(offered.values())) == len(offered)


@pytest.mark.parametrize(
    ("activation", "suited"),
    [("relu", "He"), ("gelu", "He"), ("softplus", "He"), ("sigmoid", "Glorot"), ("tanh", "Glorot"),
     ("selu", "LeCun"), ("elu", "LeCun")],
)  # fmt: skip
def test_the_initializer_that_is_offered_suits_the_activation(activation, suited):
    offered = treatment.remedies(deep(3, activation=activation, initializer="normal"))
    assert list(offered)[1] == f"{suited} normal initializer"


@pytest.mark.parametrize("activation", ["selu", "elu"])
def test_the_suited_initializer_keeps_the_signal_better_than_that_of_he(activation):
    """Thirty layers: He's rule multiplies SELU's variance by 2,680, LeCun's by 7.4."""
    kept = {}
    for rule in ("he_normal", ACTIVATIONS[activation].suited_initializer):
        signal = propagate(RandomStack(ACTIVATIONS[activation], rule, depth=30)).pre_variance
        back = propagate(RandomStack(ACTIVATIONS[activation], rule, depth=30)).signal_variance
        kept[rule] = abs(np.log(signal[-1] / signal[0])) + np.log(max(back[0] / back[-1], 1))
    assert kept["lecun_normal"] < kept["he_normal"]


def test_remedies_are_compared_from_the_same_seeds():
    base = make_experiment({"hidden": (8, 8, 8), "activation": "sigmoid"}, epochs=2)
    calls: list[float] = []
    offered = treatment.remedies(base)
    treated = treatment.compare_remedies(offered, 2, DATA["multiclass"], calls.append)
    assert [t.arm.label for t in treated] == list(offered)
    assert all(len(t.verdicts) == 2 for t in treated)
    assert calls[-1] == 1.0
    # Clipping changes nothing before the first update.
    by_label = {t.arm.label: t for t in treated}
    assert by_label["clipping at norm 1"].ratio == by_label["as chosen"].ratio
    np.testing.assert_array_equal(
        by_label["clipping at norm 1"].arm.losses.values[0],
        by_label["as chosen"].arm.losses.values[0],
    )


def test_relu_with_he_trains_where_deep_sigmoid_does_not():
    base = deep(10, activation="sigmoid", initializer="glorot_normal").with_training(epochs=60)
    offered = treatment.remedies(base)
    chosen = {label: offered[label] for label in ("as chosen", "ReLU with He")}
    before, after = treatment.compare_remedies(chosen, 1, MOONS)
    assert before.arm.final() > 0.6  # about ln 2, a guess
    assert after.arm.final() < 0.3
    assert before.ratio < 1e-4 < after.ratio


def test_adam_trains_what_sgd_does_not_though_the_signal_vanishes_as_before():
    base = deep(10, activation="sigmoid", initializer="glorot_normal").with_training(epochs=30)
    arms = {
        "sgd": base,
        "adam": base.with_training(optimizer="adam", learning_rate=0.002),
    }
    sgd, adam = treatment.compare_remedies(arms, 2, MOONS)
    assert sgd.ratio == adam.ratio < 1e-4
    assert adam.arm.final() < 0.5 < 0.65 < sgd.arm.final()


def test_remedies_that_keep_the_initializer_keep_the_initial_weights():
    base = deep(4, activation="sigmoid", initializer="glorot_normal")
    offered = treatment.remedies(base)
    own = Trainer(base, MOONS).network.parameters()
    for label in ("batch normalization", "scaled skip connections", "clipping at norm 1"):
        others = Trainer(offered[label], MOONS).network.parameters()
        for name in own:
            if name.endswith("weight"):
                np.testing.assert_array_equal(own[name], others[name])


def test_the_work_of_a_comparison_counts_weights_examples_epochs_and_networks():
    wide = deep(3, 256).with_training(epochs=2)
    weights = 2 * 256 + 2 * 256 * 256 + 256 * MOONS.n_outputs
    assert flow.weight_count(wide.network, MOONS) == weights
    work = treatment.work_of({"a": wide, "b": wide}, 5, MOONS)
    assert work == 3 * weights * 2 * len(MOONS.X_train) * 5 * 2


def test_seeds_measured_apart_give_what_they_give_together(monkeypatch):
    experiment = deep(4, 16)
    together = flow.measure_initial(experiment, MOONS, 3)
    monkeypatch.setattr(flow, "_STACKED_WEIGHTS", 1)
    apart = flow.measure_initial(experiment, MOONS, 3)
    assert together.signal.shape == apart.signal.shape == (3, 4)
    np.testing.assert_allclose(together.signal, apart.signal, rtol=1e-10)
    np.testing.assert_allclose(together.activation_std, apart.activation_std, rtol=1e-10)


# --- finite width ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("width", "depth"), [(16, 30), pytest.param(32, 50, marks=pytest.mark.long)]
)
def test_half_of_the_networks_lie_below_the_line_of_their_width_with_one_example(width, depth):
    relu = deep(depth, width, activation="relu", initializer="he_normal")
    relu = relu.with_training(batch_size=1)
    theory = flow.predict(relu.network, MOONS.X_train)
    typical = finite_width.typical(relu.network, theory)
    measured = np.median(flow.measure_initial(relu, MOONS, 200).relative_signal, axis=0)
    ratio = measured / typical.relative_signal
    assert ratio.min() > 0.6 and ratio.max() < 1.5
    assert measured[0] < theory.relative_signal[0] / 4


def test_the_line_of_a_width_is_the_formula_of_hanin_and_nica():
    relu = deep(3, 20, activation="relu", initializer="he_normal", initializer_scale=0.5)
    theory = flow.predict(relu.network, MOONS.X_train)
    typical = finite_width.typical(relu.network, theory)
    shares = np.exp(-5 * np.arange(4) / (4 * 20))
    np.testing.assert_allclose(typical.activation_std, theory.activation_std * shares[1:])
    np.testing.assert_allclose(
        typical.relative_signal, theory.relative_signal * shares[[2, 1, 0]], rtol=1e-12
    )


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"activation": "tanh"}, "it is of ReLU"),
        ({"initializer": "orthogonal"}, "not independent"),
        ({"hidden": (8, 8)}, "fewer than 16"),
        ({"skip": True}, "skip connections"),
    ],
)
def test_there_is_no_line_of_a_width_where_the_formula_does_not_apply(change, reason):
    network = deep(2, activation="relu", initializer="he_normal").with_network(**change).network
    assert reason in finite_width.why_no_typical(network)
    theory = flow.predict(deep(2).network, MOONS.X_train)
    with pytest.raises(ValueError, match="does not apply"):
        finite_width.typical(network, theory)
