"""One step laid open: numbers worked by hand, the chain rule against engine and differences."""

import math
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import nnlib
from nnlib.labs.chain_rule import chain_rule, output_factor, relative_error, whole_network_error
from nnlib.labs.output_errors import class_errors, output_errors, softmax_chain
from nnlib.labs.step_trace import step_sizes, trace_step
from nnlib.labs.walkthrough import (
    NO_BIASES,
    ONE_EXAMPLE,
    XOR,
    Edit,
    Position,
    Problem,
    built,
    correct,
    walk,
)
from nnlib.labs.walkthrough_text import (
    format_edits,
    format_examples,
    parse_edits,
    parse_examples,
    with_edit,
)


def trace_of(problem, steps=0):
    walked = walk(problem, steps)
    return trace_step(problem, walked.parameters[-1], walked.steps)


def set_all(problem, values):
    """Return the problem with weights given by name."""
    return replace(problem, edits=parse_edits("; ".join(f"{k}={v}" for k, v in values.items())))


@pytest.fixture
def tiny():
    """x = 2, one ReLU unit (w = 0.5, b = 0.25), one linear output (w = -2, b = 1), target 3."""
    problem = Problem(
        ((2.0,),), ((3.0,),), hidden=(1,), loss="mean_squared_error", learning_rate=0.01
    )
    values = {"w1[1,1]": 0.5, "b1[1]": 0.25, "w2[1,1]": -2, "b2[1]": 1}
    return trace_of(set_all(problem, values))


def test_a_step_worked_by_hand(tiny):
    hidden, output = tiny.layers
    assert hidden.z.tolist() == hidden.a.tolist() == [[1.25]]
    assert output.z.tolist() == output.a.tolist() == [[-1.5]]
    assert tiny.loss == 4.5**2 and tiny.loss_terms.tolist() == [[4.5**2]]
    assert output.delta.tolist() == [[-9.0]]  # 2·(-1.5 - 3)
    assert output.weight_gradient.tolist() == [[-11.25]]
    assert hidden.delta.tolist() == [[18.0]] and hidden.derivative.tolist() == [[1.0]]
    assert hidden.weight_gradient.tolist() == [[36.0]]
    assert hidden.bias_gradient.tolist() == [[18.0]]
    assert hidden.new_weight[0, 0] == pytest.approx(0.5 - 0.36)
    assert output.new_bias[0, 0] == pytest.approx(1.09)
    squared = 9.0**2 + 11.25**2 + 36.0**2 + 18.0**2
    assert tiny.predicted_change == pytest.approx(-0.01 * squared)
    h = 2 * 0.14 + 0.07
    after = (h * (-2 + 0.1125) + 1.09 - 3) ** 2
    assert tiny.new_loss == pytest.approx(after)
    assert tiny.actual_change == pytest.approx(after - 20.25)
    assert hidden.mean_absolute_change() == pytest.approx((0.36 + 0.18) / 2)


def test_the_chain_rule_names_every_factor(tiny):
    rule = chain_rule(tiny, Position(1, 1, 1))
    output, hidden = rule.deltas
    assert (output.factor, output.prediction, output.target) == (2.0, -1.5, 3.0)
    assert (hidden.layer, hidden.unit, hidden.derivative) == (1, 1, 1.0)
    (term,) = hidden.terms
    assert (term.weight, term.delta) == (-2.0, -9.0)
    assert rule.activations.tolist() == [2.0] and rule.unit_deltas.tolist() == [18.0]
    assert rule.gradient == rule.engine_gradient == 36.0
    assert rule.numeric_gradient == pytest.approx(36, rel=1e-8)
    assert rule.relative_error < 1e-8 and not rule.crosses_kink and not tiny.at_kink
    assert chain_rule(tiny, Position(1, 0, 1)).gradient == 18.0


def test_the_default_example():
    trace = trace_of(ONE_EXAMPLE)
    assert ONE_EXAMPLE.widths == (3, 4, 4, 1)
    assert trace.x.tolist() == [[0.5, 0.1, 0.2]] and trace.targets.tolist() == [[1.0]]
    (p,) = trace.layers[-1].a[0]
    assert trace.loss == pytest.approx(-math.log(p))
    assert trace.layers[-1].delta[0, 0] == pytest.approx(p - 1)
    for layer in trace.layers[:-1]:  # some units are on and some are off
        assert 0 < (layer.z > 0).sum() < 4


@st.composite
def problems(draw):
    loss = draw(st.sampled_from(sorted(nnlib.LOSSES)))
    n_inputs = draw(st.integers(2, 4))
    n_outputs = draw(st.integers(2 if loss == "categorical_crossentropy" else 1, 3))
    batch = draw(st.integers(1, 4))
    rng = np.random.default_rng(draw(st.integers(0, 999)))
    targets = rng.dirichlet(np.ones(n_outputs), batch)
    if loss == "binary_crossentropy":
        targets = rng.random((batch, n_outputs))
    return Problem(
        tuple(map(tuple, rng.normal(size=(batch, n_inputs)).tolist())),
        tuple(map(tuple, targets.tolist())),
        tuple(draw(st.lists(st.integers(1, 5), min_size=1, max_size=3))),
        draw(st.sampled_from(sorted(nnlib.ACTIVATIONS))),
        loss,
        draw(st.integers(0, 99)),
        biases=draw(st.booleans()),
    )


@given(problems(), st.data())
def test_chain_rule_is_the_gradient_of_engine_and_differences(problem, data):
    trace = trace_of(problem)
    assert trace.at_kink or whole_network_error(trace) < 1e-4
    example = data.draw(st.integers(0, len(trace.x) - 1))
    total = np.sqrt(sum(trace.gradient(position) ** 2 for position in problem.positions()))
    for position in problem.positions():
        rule = chain_rule(trace, position, example)
        assert rule.gradient == pytest.approx(rule.engine_gradient, rel=1e-12, abs=1e-15)
        for delta in rule.deltas:
            assert delta.product == pytest.approx(delta.value, rel=1e-11, abs=1e-15)
        assert rule.deltas[-1].value == rule.unit_deltas[example]
        if not rule.crosses_kink:
            assert rule.numeric_gradient == pytest.approx(rule.gradient, rel=1e-5, abs=1e-6 * total)


@given(problems())
def test_terms_add_up_to_the_loss(problem):
    trace = trace_of(problem)
    divisor = trace.loss_terms.size
    if problem.loss == "categorical_crossentropy":
        divisor = len(trace.x)
    assert trace.loss_terms.sum() / divisor == pytest.approx(trace.loss, rel=1e-12)
    difference = trace.layers[-1].a - trace.targets
    p = trace.layers[-1].a
    slope = p * (1 - p) if problem.loss == "sigmoid_squared_error" else 1
    factor = output_factor(problem.loss, *trace.targets.shape)
    assert trace.layers[-1].delta == pytest.approx(factor * difference * slope, abs=1e-15)


def test_a_kink_between_the_differences_is_told():
    # z = 0 exactly in the hidden unit.
    problem = Problem(((1.0,),), ((3.0,),), hidden=(1,), loss="mean_squared_error")
    trace = trace_of(set_all(problem, {"w1[1,1]": 0, "w2[1,1]": 1}))
    rule = chain_rule(trace, Position(1, 1, 1))
    assert trace.at_kink and rule.crosses_kink and rule.gradient == 0
    assert rule.relative_error == pytest.approx(1)


def test_first_order_holds_for_small_steps_only():
    trace = trace_of(XOR)
    rates = [0.0, 1e-6, 1e-3, 10.0]
    sizes = step_sizes(trace, rates)
    assert sizes.actual[0] == sizes.predicted[0] == 0
    assert sizes.actual[1] == pytest.approx(sizes.predicted[1], rel=1e-4)
    assert abs(sizes.actual[3] - sizes.predicted[3]) > 0.1
    here = step_sizes(trace, [XOR.learning_rate])
    assert here.actual[0] == pytest.approx(trace.actual_change, rel=1e-12)
    assert here.predicted[0] == pytest.approx(trace.predicted_change, rel=1e-12)


def test_xor_is_solved_after_643_steps():
    walked = walk(XOR, 1000)
    assert walked.solved_at == 643
    assert not walked.right[642].all()
    assert walked.losses[-1] < walked.losses[0] / 3
    prediction = trace_of(XOR, 643).layers[-1].a.ravel()
    assert (prediction > 0.5).tolist() == [False, True, True, False]


def test_a_walk_is_the_steps_that_the_traces_make():
    walked = walk(XOR, 3)
    for step in range(3):
        trace = trace_step(XOR, walked.parameters[step], step)
        assert trace.loss == walked.losses[step]
        assert trace.new_loss == pytest.approx(walked.losses[step + 1], rel=1e-14)
        new = np.concatenate(
            [np.concatenate([layer.new_weight, layer.new_bias]).ravel() for layer in trace.layers]
        )
        assert new == pytest.approx(walked.parameters[step + 1], rel=1e-14)
    assert walked.until(1).steps == 1
    assert walked.until(1).losses.tolist() == walked.losses[:2].tolist()


def test_an_overflow_ends_the_walk():
    problem = replace(
        XOR,
        inputs=((10.0, 10.0),),
        targets=((1.0,),),
        activation="linear",
        loss="mean_squared_error",
        learning_rate=10.0,
    )
    walked = walk(problem, 200)
    assert walked.overflowed and walked.steps < 200
    assert np.isfinite(walked.losses).all() and np.isfinite(walked.parameters).all()
    assert not walked.until(1).overflowed and walked.until(300).overflowed
    trace_step(problem, walked.parameters[-1], walked.steps)


def test_traces_are_copies():
    trace = trace_of(XOR)
    assert not np.shares_memory(trace.layers[0].weight, trace.layers[0].new_weight)
    before = trace.layers[0].z.copy()
    chain_rule(trace, Position(1, 1, 1))
    trace_of(replace(XOR, seed=1))
    assert (trace.layers[0].z == before).all()


def test_edits_take_effect_ahead_of_their_step():
    position = Position(2, 4, 1)
    problem = replace(XOR, edits=(Edit(position, 0.25, 2), Edit(Position(1, 0, 3), -1.0)))
    assert trace_of(problem, 1).value(position) == pytest.approx(
        trace_of(problem, 0).new_value(position)
    )
    assert trace_of(problem, 2).value(position) == 0.25
    assert trace_of(problem).value(Position(1, 0, 3)) == -1
    beyond = replace(XOR, edits=(Edit(Position(9, 1, 1), 1.0),))
    assert walk(beyond, 0).parameters.tolist() == walk(XOR, 0).parameters.tolist()


def test_edits_as_text():
    text = "w2[1,3]=0.25; b1[2]@7=-1e-05"
    edits = parse_edits(text)
    assert edits == (Edit(Position(2, 1, 3), 0.25), Edit(Position(1, 0, 2), -1e-5, 7))
    assert format_edits(edits) == text and parse_edits("") == ()
    assert with_edit(edits, Edit(Position(2, 1, 3), 5.0)) == (
        edits[1],
        Edit(Position(2, 1, 3), 5.0),
    )


@pytest.mark.parametrize("text", ["w1[1,2]", "w1[0,2]=1", "v1[1]=2", "w1[1,2]=1e999", "b1[1]=nan"])
def test_edits_that_cannot_be_read(text):
    with pytest.raises(ValueError, match="“"):
        parse_edits(text)


@given(st.floats(allow_nan=False, allow_infinity=False), st.integers(0, 5000))
def test_edits_round_trip(value, step):
    edit = Edit(Position(1, 2, 3), value, step)
    assert parse_edits(format_edits([edit])) == (edit,)


def test_examples_as_text():
    text = format_examples(XOR.inputs, XOR.targets)
    assert text == "0 0 > 0; 0 1 > 1; 1 0 > 1; 1 1 > 0"
    assert parse_examples(text, 1) == (XOR.inputs, XOR.targets)
    for bad in (
        "",
        "1 2",
        "1 2 3 4 5 > 1",
        "1 2 > 1; 1 2 3 > 1",
        "> 1",
        "a b > 1",
        "1 nan > 1",
        "1e9 0 > 1",
        "0 0 > 0;" * 9,
    ):
        with pytest.raises(ValueError):
            parse_examples(bad, 1)


def test_examples_may_have_more_inputs():
    text = format_examples(NO_BIASES.inputs, NO_BIASES.targets)
    assert text == "0 0 1 > 0; 0 1 1 > 1; 1 0 1 > 1; 1 1 1 > 0"
    assert parse_examples(text, 1) == (NO_BIASES.inputs, NO_BIASES.targets)
    assert parse_examples("3 > 1", 1) == (((3.0,),), ((1.0,),))


def test_the_3_4_1_network_without_biases_by_hand():
    problem, steps = NO_BIASES, 50
    network, x, y, _ = built(problem)
    assert [p.name for p in problem.positions() if p.source == 0] == []
    assert network.flat_parameters.size == 3 * 4 + 4 and not problem.has(Position(1, 0, 1))
    first, second = (dense.weight.copy() for dense in network.dense_layers)
    sigmoid = lambda z: 1 / (1 + np.exp(-z))  # noqa: E731
    losses = []
    for _ in range(steps + 1):
        hidden = sigmoid(x @ first)
        p = sigmoid(hidden @ second)
        losses.append(np.mean((p - y) ** 2))
        delta = 2 * (p - y) * p * (1 - p) / 4
        back = delta @ second.T * hidden * (1 - hidden)
        second = second - problem.learning_rate * hidden.T @ delta
        first = first - problem.learning_rate * x.T @ back
    walked = walk(problem, steps)
    np.testing.assert_allclose(walked.losses, losses, rtol=1e-12)
    trace = trace_of(problem, steps)
    assert not trace.layers[0].bias.any() and not trace.layers[0].new_bias.any()
    assert trace.layers[0].mean_absolute_change(biases=False) > 0
    assert walk(problem, 1000).solved_at == 617


def test_without_biases_the_weights_are_those_with_them():
    with_biases, without = (built(replace(XOR, biases=b))[0] for b in (True, False))
    for a, b in zip(with_biases.dense_layers, without.dense_layers, strict=True):
        np.testing.assert_array_equal(a.weight, b.weight)


@pytest.mark.parametrize("name", ["relu", "leaky_relu", "selu"])
def test_every_kink_at_zero_is_known(name):
    kinked = {n for n, function in nnlib.ACTIVATIONS.items() if function.kinked}
    assert kinked == {"relu", "leaky_relu", "selu"}
    problem = Problem(((1.0,),), ((3.0,),), hidden=(1,), activation=name, loss="mean_squared_error")
    trace = trace_of(set_all(problem, {"w1[1,1]": 0, "w2[1,1]": 1}))
    assert trace.at_kink and chain_rule(trace, Position(1, 1, 1)).crosses_kink


def test_initial_weights_follow_the_rule_that_suits_the_activation():
    rules = {name: replace(XOR, activation=name).initializer for name in nnlib.ACTIVATIONS}
    assert rules["selu"] == rules["elu"] == "lecun_normal"
    assert rules["relu"] == "he_normal" and rules["tanh"] == "glorot_normal"


def test_the_step_is_too_long_where_the_page_says():
    for rate, too_long in ((1.0, False), (2.0, False), (5.0, True)):
        assert (trace_of(replace(XOR, learning_rate=rate)).actual_change > 0) == too_long


def test_three_classes_by_hand():
    found = class_errors([0.7, 0.2, 0.1], 0)
    assert found.squared == pytest.approx((0.3**2 + 0.2**2 + 0.1**2) / 3)
    assert f"{found.squared:.4g}" == "0.04667" and f"{found.crossentropy:.4g}" == "0.3567"
    assert found.crossentropy == pytest.approx(-math.log(0.7))
    assert found.entropy_terms[1:].tolist() == [0, 0] and found.squared_terms[2] == pytest.approx(
        0.01
    )
    assert class_errors([7, 2, 1], 2).crossentropy == pytest.approx(-math.log(0.1))
    with pytest.raises(ValueError, match="above 0"):
        class_errors([1, 0, 0], 0)


def test_problems_without_numbers_are_refused():
    for inputs, targets in (((), ()), (((1.0,),), ()), (((math.nan,),), ((1.0,),))):
        with pytest.raises(ValueError):
            Problem(inputs, targets)


@given(st.floats(0.001, 0.999), st.floats(0, 1))
def test_losses_of_one_prediction_are_the_closed_forms(p, y):
    errors = output_errors([p], y)
    assert errors.squared[0] == pytest.approx((p - y) ** 2, abs=1e-15)
    entropy = -y * math.log(p) - (1 - y) * math.log(1 - p)
    assert errors.crossentropy[0] == pytest.approx(entropy, rel=1e-9, abs=1e-12)
    assert errors.squared_by_p[0] == pytest.approx(2 * (p - y), abs=1e-15)
    by_p = (p - y) / (p * (1 - p))
    assert errors.crossentropy_by_p[0] == pytest.approx(by_p, rel=1e-9, abs=1e-9)
    assert errors.squared_by_z[0] == pytest.approx(2 * (p - y) * p * (1 - p), abs=1e-12)
    assert errors.crossentropy_by_z[0] == pytest.approx(p - y, abs=1e-12)


def test_predictions_at_the_poles_are_refused():
    with pytest.raises(ValueError, match="strictly"):
        output_errors([1.0], 1.0)


@given(st.lists(st.floats(-6, 6), min_size=2, max_size=4), st.integers(0, 1))
def test_softmax_chain_is_p_minus_y(logits, target):
    chain = softmax_chain(logits, target)
    assert chain.by_logit == pytest.approx(chain.prediction - chain.target, abs=1e-10)
    assert chain.engine == pytest.approx(chain.by_logit, abs=1e-10)
    step = 1e-6
    moved = softmax_chain([logits[0] + step, *logits[1:]], target).prediction
    slope = (moved - chain.prediction) / step
    assert slope == pytest.approx(chain.jacobian[:, 0], abs=1e-5)


def test_right_and_relative_error():
    assert correct(np.array([[0.4], [0.6]]), np.array([[1.0], [1.0]])).tolist() == [False, True]
    three = correct(np.array([[0.2, 0.5, 0.3]]), np.array([[0.0, 1.0, 0.0]]))
    assert three.tolist() == [True]
    assert relative_error(0, 0) == 0 and relative_error(1, 2) == 0.5
