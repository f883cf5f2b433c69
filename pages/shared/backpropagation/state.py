"""Where the walk stands: steps made and how far the present one is shown; buttons and undo."""

from typing import NamedTuple

import streamlit as st

from nnlib.labs.walkthrough import MOST_STEPS, Problem, Trajectory, walk
from pages.shared import widgets
from pages.shared.backpropagation.charts_network import STAGES

_CHUNK = 500
STAGE = "backpropagation_stage"
_PENDING = "backpropagation_pending"
_DEFAULT_STAGE = "backward"
_MOST_UNDO = 200
_HELP = {
    "forward": "Compute every pre-activation and activation.",
    "loss": "Compare the predictions with the targets.",
    "backward": "Compute every delta and gradient, from the output back.",
    "update": "Subtract the learning rate times the gradient from every weight.",
}


class Position(NamedTuple):
    """Steps made ahead of the present one, and the last of `STAGES` that it shows."""

    steps: int
    stage: str


def choose_steps(preset: str) -> int:
    """Draw the number of steps made; the buttons change it too."""
    pending = st.session_state.pop(_PENDING, None)
    if pending is not None:
        _move(preset, *pending)
    steps: int = widgets.number_input(
        _steps_key(preset),
        "Steps made",
        (0, MOST_STEPS),
        help="How many updates come before the step that is shown.",
    )
    return steps


def current_stage() -> str:
    """Return how far the step is shown: as the address says, then as the buttons say."""
    if STAGE not in st.session_state:
        named = st.query_params.get("stage", _DEFAULT_STAGE)
        st.session_state[STAGE] = named if named in STAGES else _DEFAULT_STAGE
    stage: str = st.session_state[STAGE]
    _tell_address(stage)
    return stage


def _tell_address(stage: str) -> None:
    if stage == _DEFAULT_STAGE:
        st.query_params.pop("stage", None)
    elif st.query_params.get("stage") != stage:
        st.query_params["stage"] = stage


def buttons(preset: str, at: Position, problem: Problem) -> None:
    """Draw Forward, Loss, Backward, Update, the whole step, undo and start over."""
    with st.container(horizontal=True, vertical_alignment="center", key="backpropagation_buttons"):
        _stage_buttons(preset, at)
        whole = Position(at.steps + (at.stage == "update"), "update")
        _button(
            "Whole step",
            "backpropagation_whole",
            "Forward, loss, backward and update at once.",
            (preset, *whole),
            icon=":material/fast_forward:",
            disabled=whole.steps > MOST_STEPS,
        )
        st.button(
            "Undo",
            icon=":material/undo:",
            key="backpropagation_undo_button",
            help="Take back the last button or the last weight set by hand.",
            on_click=_take_back,
            args=(preset, at),
            disabled=at == (0, "forward") and not st.session_state.get(_undo_key(preset)),
        )
        _button(
            "Start over",
            "backpropagation_restart",
            "Go back to the initial weights, with only the forward pass shown.",
            (preset, 0, "forward"),
            icon=":material/replay:",
        )
        if preset == "xor":
            _train_button(preset, at, problem)


def _stage_buttons(preset: str, at: Position) -> None:
    done = STAGES.index(at.stage)
    for index, stage in enumerate(STAGES):
        # After Update every one of them belongs to the next step.
        target = Position(at.steps + (at.stage == "update"), stage)
        off = target.steps > MOST_STEPS or (at.stage != "update" and index <= done)
        _button(
            stage.capitalize(),
            f"backpropagation_{stage}",
            _HELP[stage],
            (preset, *target),
            disabled=off,
            primary=index == (done + 1) % len(STAGES),
        )


def _button(
    label: str,
    key: str,
    help: str,
    args: tuple[str, int, str],
    *,
    icon: str | None = None,
    disabled: bool = False,
    primary: bool = False,
) -> None:
    st.button(
        label,
        key=key,
        help=help,
        icon=icon,
        on_click=_remember_and_move,
        args=args,
        disabled=disabled,
        type="primary" if primary and not disabled else "secondary",
    )


def _train_button(preset: str, at: Position, problem: Problem) -> None:
    if not st.button(
        "Train until solved",
        icon=":material/play_arrow:",
        key="backpropagation_train",
        help=f"Go to the first step at which all examples are right; at most {MOST_STEPS:,}.",
    ):
        return
    bar = st.progress(0.0, "Training")
    for most in range(_CHUNK, MOST_STEPS + 1, _CHUNK):
        trajectory = trajectory_of(problem, most)
        bar.progress(most / MOST_STEPS, f"{trajectory.steps:,} steps")
        if trajectory.solved_at is not None or trajectory.overflowed:
            break
    solved = trajectory.solved_at
    remember(preset, at.steps, at.stage)
    goal = trajectory.steps if solved is None else solved
    st.session_state[_PENDING] = (goal, "loss" if at.stage == "forward" else at.stage)
    st.rerun()


def trajectory_of(problem: Problem, steps: int) -> Trajectory:
    """Return the walk of so many steps; the cache holds it in lengths of a few hundred."""
    length = min(max(-(-steps // _CHUNK), 1) * _CHUNK, MOST_STEPS)
    return _walk(problem, length).until(steps)


# The result is only read, so it need not be copied for everyone who asks.
_walk = st.cache_resource(max_entries=16, show_spinner=False)(walk)


def remember(preset: str, steps: int, stage: str) -> None:
    """Keep what Undo goes back to."""
    edits = st.session_state.get(edits_key(preset), "")
    stack = [*st.session_state.get(_undo_key(preset), []), (steps, stage, edits)]
    st.session_state[_undo_key(preset)] = stack[-_MOST_UNDO:]


def edits_key(preset: str) -> str:
    """Return the name of the text of the weights set by hand."""
    return f"{preset}_edits"


def _undo_key(preset: str) -> str:
    return f"backpropagation_undo_of_{preset}"


def _steps_key(preset: str) -> str:
    return f"{preset}_steps"


def _remember_and_move(preset: str, steps: int, stage: str) -> None:
    old = st.session_state.get(_steps_key(preset), 0)
    remember(preset, old, st.session_state[STAGE])
    _move(preset, steps, stage)


def _move(preset: str, steps: int, stage: str) -> None:
    st.session_state[_steps_key(preset)] = steps
    st.session_state[STAGE] = stage


def _take_back(preset: str, at: Position) -> None:
    stack = list(st.session_state.get(_undo_key(preset), []))
    if stack:
        steps, stage, edits = stack.pop()
        st.session_state[edits_key(preset)] = edits
    else:  # nothing was pressed in this session: one stage back
        index = STAGES.index(at.stage) - 1
        steps, stage = (at.steps, STAGES[index]) if index >= 0 else (at.steps - 1, STAGES[-1])
    st.session_state[_undo_key(preset)] = stack
    _move(preset, max(steps, 0), stage)
