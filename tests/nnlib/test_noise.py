"""The noise of gradients, against every example's gradient made one by one."""

import numpy as np
import pytest
from small_runs import DATA as ALL_DATA
from small_runs import make_experiment

import nnlib
from nnlib import noise
from nnlib.class_weights import WeightedLoss
from nnlib.comparison import compare
from nnlib.config import NetworkConfig
from nnlib.losses import LOSSES, softmax
from nnlib.noise import Fit, advise, examples_of, fit_trade_off
from nnlib.noise.scale import layer_scales
from nnlib.undisturbed import undisturbed

EXAMPLES, DATA = 9, ALL_DATA["multiclass"]
CASES = {
    "plain": ("categorical_crossentropy", {}),
    "regression": ("mean_squared_error", {"activation": "gelu"}),
    "binary": ("binary_crossentropy", {"activation": "relu"}),
    "skips": ("categorical_crossentropy", {"skip": True, "hidden": (4, 4, 4)}),
    "no hidden layer": ("mean_squared_error", {"hidden": ()}),
}


def problem(loss="categorical_crossentropy", **network):
    rng = np.random.default_rng(3)
    outputs = 1 if loss == "binary_crossentropy" else 3
    config = NetworkConfig(**({"hidden": (5, 4), "activation": "tanh"} | network))
    built = nnlib.build_network(config, 3, outputs, rng, dtype=np.float64)
    built.flat_parameters += 0.3 * rng.normal(size=built.flat_parameters.shape)
    targets = rng.normal(size=(EXAMPLES, outputs))
    if loss == "categorical_crossentropy":
        targets = softmax(targets)
    if loss == "binary_crossentropy":
        targets = (targets > 0).astype(float)
    return built, LOSSES[loss], rng.normal(size=(EXAMPLES, 3)), targets


def gradient(network, loss, x, targets, **mode):
    """The gradient of a batch, by the passes that training makes."""
    with undisturbed(network):
        network.backward(loss.gradient(network.forward(x, **mode), targets))
        return network.flat_gradients.copy()


def each(network, loss, x, targets):
    """Every example's gradient, shape (n, P)."""
    return np.array([gradient(network, loss, x[i : i + 1], targets[i : i + 1])
                     for i in range(len(x))])  # fmt: skip


def close(value, expected):
    np.testing.assert_allclose(value, expected, rtol=1e-10, atol=1e-13)


@pytest.mark.parametrize("case", CASES)
def test_moments_are_those_of_the_gradients_of_single_examples(case):
    loss, network = CASES[case]
    network, loss, x, targets = problem(loss, **network)
    g = each(network, loss, x, targets)
    moments = noise.gradient_moments(network, loss, x, targets)
    close(moments.mean, g.mean(axis=0))
    close(moments.mean_square, np.square(g).mean(axis=0))
    close(moments.variance, g.var(axis=0, ddof=1))
    assert moments.layers == network.layer_names
    for i, place in enumerate(moments.slices):
        close(moments.squared_norms[:, i], np.square(g[:, place]).sum(axis=1))
        close(moments.products[:, i], g[:, place] @ g.mean(axis=0)[place])
        close(moments.trace[i], g[:, place].var(axis=0, ddof=1).sum())
    assert sum(s.stop - s.start for s in moments.slices) == network.n_parameters
    whole = noise.gradient_moments(network, loss, x, targets, whole=True)
    close(whole.trace.sum(), g.var(axis=0).sum())


def test_weights_of_classes_and_masks_count_in_each_example():
    network, loss, x, targets = problem("binary_crossentropy")
    weighted = WeightedLoss(loss, np.array([0.5, 3.0]))
    g = each(network, weighted, x, targets)
    close(noise.gradient_moments(network, weighted, x, targets).trace.sum(), g.var(0, ddof=1).sum())
    dropped, loss, x, targets = problem(dropout=0.4)
    before = [layer.streams.kept() for layer in dropped.layers if layer.kind == "dropout"]
    one = noise.gradient_moments(dropped, loss, x, targets, training=True)
    close(one.mean, gradient(dropped, loss, x, targets, training=True))
    after = [layer.streams.kept() for layer in dropped.layers if layer.kind == "dropout"]
    np.testing.assert_equal(after, before)


def test_a_gradient_of_one_example_does_not_exist_with_batch_normalization():
    network, loss, x, targets = problem(batch_norm=True)
    with pytest.raises(ValueError, match="depends on the other examples"):
        noise.gradient_moments(network, loss, x, targets)
    both = gradient(network, loss, x, targets, training=True)
    alone = np.mean([gradient(network, loss, x[i : i + 1], targets[i : i + 1], training=True)
                     for i in range(EXAMPLES)], axis=0)  # fmt: skip
    assert np.abs(both - alone).max() > 0.01
    drawn = noise.minibatch_gradients(
        network, loss, x, targets, 4, np.random.default_rng(0), training=True
    )
    assert np.isfinite(drawn.scale.trace)


def test_the_noise_scale_is_unbiased_over_all_samples_of_two():
    """Every pair of examples, drawn with replacement, is as likely: the means are exact."""
    network, loss, x, targets = problem()
    g = each(network, loss, x, targets)
    pairs = [np.array([i, j]) for i in range(EXAMPLES) for j in range(EXAMPLES)]
    found = [noise.noise_scale(noise.gradient_moments(network, loss, x[p], targets[p]))
             for p in pairs]  # fmt: skip
    trace, squared = g.var(axis=0).sum(), np.square(g.mean(axis=0)).sum()
    close(np.mean([s.trace for s in found]), trace)
    close(np.mean([s.squared_gradient for s in found]), squared)
    whole = noise.gradient_moments(network, loss, x, targets, whole=True)
    close(noise.noise_scale(whole).value, trace / squared)
    sizes = [np.square(g[p].mean(axis=0)).sum() for p in pairs]
    two = noise.two_batch_sizes(np.square(g).sum(axis=1).mean(), np.mean(sizes), 1, 2)
    close([two.trace, two.squared_gradient], [trace, squared])
    parts = layer_scales(whole)
    close(sum(p.trace for p in parts), trace)
    place = whole.slices[0]
    ratio = np.linalg.norm(g.mean(0)[place]) / np.sqrt(g[:, place].var(axis=0).sum() / 16)
    close(parts[0].signal_to_noise(16), ratio)


def test_a_sample_without_signal_has_no_finite_scale():
    assert noise.NoiseScale(1.0, -0.1).value == np.inf
    assert noise.NoiseScale(1.0, -0.1).signal_to_noise(8) == 0
    assert np.isnan(noise.NoiseScale(0.0, 0.0).value)
    with pytest.raises(ValueError, match="larger batch size"):
        noise.two_batch_sizes(1.0, 1.0, 4, 4)


def test_batch_tests_are_their_definitions_and_a_right_triangle():
    network, loss, x, targets = problem()
    g = each(network, loss, x, targets)
    mean = g.mean(axis=0)
    squared, moments = mean @ mean, noise.gradient_moments(network, loss, x, targets)
    norm = noise.norm_test(moments, 4)
    inner, beside = noise.inner_product_test(moments, 4), noise.orthogonality_test(moments, 4)
    close(norm**2, g.var(axis=0, ddof=1).sum() / 4 / squared)
    close(inner**2, (g @ mean).var(ddof=1) / 4 / squared**2)
    rest = g - np.outer(g @ mean / squared, mean)
    close(beside**2, np.square(rest).sum() / (EXAMPLES - 1) / 4 / squared)
    close(norm**2, inner**2 + beside**2)
    close(noise.norm_test(moments, 16), norm / 2)


def test_the_coupled_batch_size_and_the_evidence_to_stop_are_their_definitions():
    network, loss, x, targets = problem("binary_crossentropy", activation="relu")
    network.parameters()["dense_1.weight"][:, 0] = 0  # a unit that is dead
    network.parameters()["dense_1.bias"][..., 0] = -1
    g = each(network, loss, x, targets)
    moments = noise.gradient_moments(network, loss, x, targets, whole=True)
    value = float(loss.value(network.forward(x), targets))
    close(noise.coupled_batch_size(moments, 0.3), 0.3 * g.var(axis=0).sum() / value)
    live = np.abs(g).max(axis=0) > 0
    assert 0 < live.sum() < len(live) - 3
    spread = g[:, live].var(axis=0, ddof=1)
    expected = 1 - (EXAMPLES * g[:, live].mean(axis=0) ** 2 / spread).mean()
    close(noise.stopping_evidence(moments), expected)


def test_the_evidence_to_stop_is_nought_on_average_where_there_is_only_noise():
    """Of a linear model at the weights that made the targets; n·G²/σ² has mean (n-1)/(n-3)."""
    rng, found = np.random.default_rng(0), []
    network = nnlib.build_network(NetworkConfig(hidden=()), 4, 1, rng, dtype=np.float64)
    loss = LOSSES["mean_squared_error"]
    for _ in range(60):
        x = rng.normal(size=(200, 4))
        targets = network.forward(x) + rng.normal(size=(200, 1))
        found.append(noise.stopping_evidence(noise.gradient_moments(network, loss, x, targets)))
    assert abs(np.mean(found)) < 4 * np.std(found) / np.sqrt(60)
    far = noise.gradient_moments(network, loss, x, targets + 1)
    assert noise.stopping_evidence(far) < -5
    nothing = noise.gradient_moments(network, loss, 0 * x, network.forward(0 * x).copy())
    assert np.isnan(noise.stopping_evidence(nothing)) and np.isnan(
        noise.coupled_batch_size(nothing, 0.1)
    )


def test_cosines_are_those_of_all_pairs_and_leave_no_trace():
    network, loss, x, targets = problem()
    before = network.flat_gradients.copy()
    found = noise.minibatch_gradients(
        network, loss, x, targets, 4, np.random.default_rng(5), batches=3
    )
    rng = np.random.default_rng(5)
    draws = [rng.integers(EXAMPLES, size=4) for _ in range(3)]
    g = [gradient(network, loss, x[rows], targets[rows]) for rows in draws]

    def mean_cosine(parts):
        return np.mean([a @ b / np.linalg.norm(a) / np.linalg.norm(b)
                        for i, a in enumerate(parts) for b in parts[:i]])  # fmt: skip

    close(found.cosine, mean_cosine(g))
    places = noise.gradient_moments(network, loss, x, targets).slices
    close(found.layer_cosines, [mean_cosine([v[p] for v in g]) for p in places])
    squared = np.mean([v @ v for v in g])
    expected = noise.two_batch_sizes(squared, np.square(np.mean(g, axis=0)).sum(), 4, 12)
    close(found.scale.trace, expected.trace)
    np.testing.assert_array_equal(network.flat_gradients, before)


def test_the_cosine_predicted_by_the_noise_scale_is_about_the_measured_one():
    network, loss, x, targets = problem()
    scale = noise.noise_scale(noise.gradient_moments(network, loss, x, targets, whole=True))
    rng = np.random.default_rng(0)
    found = noise.minibatch_gradients(network, loss, x, targets, 200, rng, batches=100)
    assert found.cosine == pytest.approx(scale.cosine(200), abs=0.02)


def test_histograms_count_every_parameter_of_a_layer():
    network, loss, x, targets = problem(activation="relu")
    moments = noise.gradient_moments(network, loss, x, targets)
    moments.mean[moments.slices[0]][:2] = 0, 1e-40
    found = noise.gradient_histograms(moments)
    close(found.shares.sum(axis=1) + found.zeros, np.ones(3))
    sizes = np.abs(moments.mean[moments.slices[1]])
    low, high = 10 ** found.edges[20], 10 ** found.edges[21]
    close(found.shares[1, 20], ((sizes >= low) & (sizes < high)).mean())


def small_run(**training):
    settings = {"optimizer": "sgd", "learning_rate": 0.1, "batch_size": 8, "epochs": 6} | training
    return nnlib.Trainer(make_experiment(**settings), DATA)


def test_the_way_is_the_sum_of_all_updates_also_of_a_run_that_is_changed():
    trainer = small_run()
    way, start = noise.Way(trainer), trainer.network.flat_parameters.copy()
    lengths = np.zeros(3)
    for step in range(trainer.total_steps):
        if step == 7:
            way.go_to(7)
            trainer.change(learning_rate=0.4)
        before = trainer.network.flat_parameters.copy()
        trainer.advance(steps=1)
        moved = trainer.network.flat_parameters - before
        lengths += [np.linalg.norm(moved[d.weight_slice]) for d in trainer.network.dense_layers]
    way.go_to(trainer.step)
    np.testing.assert_array_equal(
        way.there.network.flat_parameters, trainer.network.flat_parameters
    )
    np.testing.assert_allclose(way.travelled, lengths, rtol=1e-6)
    trainer.change(epochs=8)  # of a run that had ended
    trainer.advance(epochs=2)
    way.go_to(trainer.step)
    np.testing.assert_array_equal(
        way.there.network.flat_parameters, trainer.network.flat_parameters
    )
    assert way.there.step == trainer.step and (way.travelled > lengths).all()
    place = trainer.network.dense_layers[1].weight_slice
    away = np.linalg.norm((trainer.network.flat_parameters - start)[place])
    assert way.distance[1] == pytest.approx(away)


def test_a_course_measures_the_run_as_it_was_and_each_step_once():
    trainer = small_run()
    course = noise.Course(trainer)
    assert [p.step for p in course.go_on()] == [0]
    trainer.advance(steps=10**6)
    points = course.go_on()
    assert [p.step for p in points] == noise.steps_to_measure(0, trainer.total_steps)
    assert points[-1].step == trainer.step
    slow, shares = noise.Course(trainer), [0.0]
    slow.go_on(0.0)
    while slow.share < 1:
        slow.go_on(1e-4)
        shares.append(slow.share)
    assert shares == sorted(shares) and len(shares) > 3
    again = slow.go_on()
    assert [p.scale for p in again] == [p.scale for p in points]
    np.testing.assert_allclose(points[0].distance, 0)
    with pytest.raises(ValueError, match="batch normalization"):
        noise.Course(nnlib.Trainer(make_experiment({"batch_norm": True}), DATA)).go_on()


def test_the_critical_batch_size_is_that_of_a_run_with_the_same_progress():
    """Of a run whose noise scale is constant it is that."""
    scales = [noise.NoiseScale(40.0, 2.0)] * 3
    assert noise.critical_batch_size(scales, 8) == pytest.approx(20)
    mixed = [noise.NoiseScale(10.0, 1.0), noise.NoiseScale(90.0, 1.0)]
    w = np.array([1 / (1 + 10 / 30), 1 / (1 + 90 / 30)])
    assert noise.critical_batch_size(mixed, 30) == pytest.approx(w @ [10, 90] / w.sum())
    lost = [noise.NoiseScale(1.0, -1.0)]
    assert noise.critical_batch_size(lost, 30) == np.inf
    w = 1 / (1 + 10 / 30)
    assert noise.critical_batch_size([mixed[0], *lost], 30) == pytest.approx((10 * w + 30) / w)


def test_the_fit_finds_the_curve_it_was_made_of_and_says_what_it_misses():
    sizes = np.array([2.0, 8, 32, 128])
    steps, examples = Fit(50.0, 1500.0, sizes, sizes).curve(sizes)
    close((steps / 50 - 1) * (examples / 1500 - 1), 1)
    found = fit_trade_off(steps, examples)
    np.testing.assert_allclose([found.least_steps, found.least_examples], [50, 1500], rtol=1e-6)
    assert found.worst == pytest.approx(1) and found.is_between
    factors = np.array([1.2, 0.9, 1.0, 1.1])
    off = fit_trade_off(steps * factors, examples * factors)

    def cost(least, corner):
        return np.square(np.log(steps * factors) - np.log(least * (1 + corner / sizes))).sum()

    at = cost(off.least_steps, off.critical)
    for d in (0.999, 1.001):
        assert cost(off.least_steps * d, off.critical) > at
        assert cost(off.least_steps, off.critical * d) > at
    assert off.worst == pytest.approx(np.exp(np.abs(np.log(off.misses)).max()))
    with pytest.raises(ValueError, match="three batch sizes"):
        fit_trade_off(steps[:2], examples[:2])


def test_steps_to_a_loss_lie_between_records_and_a_seed_that_stays_above_has_none():
    arms = compare({"a": make_experiment(optimizer="sgd", learning_rate=0.1, epochs=20)}, 2, DATA)
    band = arms[0].losses
    exact = float(band.values[5].max())
    found = noise.steps_to_loss(arms[0], exact)
    seed = int(band.values[5].argmax())
    assert found[seed] <= band.x[5] and np.isfinite(found[seed])
    before = int(np.flatnonzero(band.values[:, seed] <= exact)[0])
    assert found[seed] == band.x[before]
    assert (noise.steps_to_loss(arms[0], 1e-9) == np.inf).all()
    halfway = float(np.sqrt(band.values[0, seed] * band.values[1, seed]))
    assert noise.steps_to_loss(arms[0], halfway)[seed] == pytest.approx((band.x[0] + band.x[1]) / 2)


def test_examples_count_a_small_last_minibatch():
    close(examples_of(np.array([3.0, 4.5, np.inf]), 4, 10), [10, 16, np.inf])


def test_the_map_has_every_batch_size_and_rate_and_its_target_is_reached_there():
    told = []
    found = noise.measure_trade_off(
        make_experiment(optimizer="sgd"), DATA, (4, 16, 10**6), (0.03, 0.3), 2, 0.6,
        most_epochs=3, most_steps=20, progress=told.append,
    )  # fmt: skip
    rows = len(DATA.features("train"))
    assert found.batch_sizes == (4, 16, rows) and found.steps.shape == (3, 2, 2)
    assert found.limits[-1] == 20 and told == sorted(told) and told[-1] == pytest.approx(1)
    assert (found.steps <= np.array(found.limits)[:, None, None]).any()
    chosen = found.reached
    close(found.at_best(found.steps), [found.steps[i, found.best[i]] for i in chosen])


def test_advice_predicts_what_the_theory_of_its_noise_scale_does():
    advice = advise(40.0, 8, 1000)
    assert advice.advised == 32
    assert advice.steps == pytest.approx((1 + 40 / 32) / (1 + 40 / 8))
    assert advice.examples == pytest.approx(advice.steps * 4)
    assert advice.rate == pytest.approx(1 / advice.steps)
    assert advise(np.inf, 8, 100).advised == 100 and advise(0.1, 8, 100).advised == 1
    with pytest.raises(ValueError, match="not known"):
        advise(np.nan, 8, 100)
