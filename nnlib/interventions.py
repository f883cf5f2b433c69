"""What a person does in the middle of a run: weights set by hand; and all of it done again.

Changed settings and edited weights are events of the history; with them a run can be followed.
"""

from collections.abc import Iterable
from math import isfinite

from nnlib.history import Event
from nnlib.run_facts import RunFacts


def set_parameter(trainer: RunFacts, name: str, index: tuple[int, ...], value: float) -> None:
    """Set one weight or bias, as an event of the history; the optimizer's state stays.

    Parameters
    ----------
    trainer : of a single run
    name : a key of ``network.parameters()``
    index : of one number in that array
    value : finite

    Raises
    ------
    ValueError
        if there is no such number, the value is not finite, or the run is a stack
    """
    parameter = trainer.network.parameters().get(name)
    if trainer.lead or parameter is None:
        raise ValueError(f"There is no single parameter {name} to set.")
    shape = parameter.shape
    if len(index) != len(shape) or any(not 0 <= i < n for i, n in zip(index, shape, strict=True)):
        raise ValueError(f"{name} has the shape {shape}, without a place {index}.")
    if not isfinite(value):
        raise ValueError("A parameter must be a finite number.")
    old = float(parameter[index])
    parameter[index] = value
    place = f"{name}[{', '.join(map(str, index))}]"
    edit = Event(trainer.step, place, old, float(parameter[index]), "parameter")
    trainer.history.events.append(edit)


def is_edited(trainer: RunFacts) -> bool:
    """Say whether a parameter was set by hand since the last evaluation that is on record."""
    last = trainer.history.steps("train_loss")[-1]
    return any(e.kind == "parameter" and e.step >= last for e in trainer.history.events)


def follow(trainer: RunFacts, events: Iterable[Event], step: int) -> None:
    """Train to a step, or to the end of the run, and do another run's events again on the way.

    Parameters
    ----------
    events : those that are still to come, in their order; what was done at `step` belongs to it

    Raises
    ------
    ValueError
        if an event does not fit the run
    """
    for event in events:
        if event.step > step:
            break
        trainer.advance(steps=event.step - trainer.step)
        redo(trainer, event)
    trainer.advance(steps=step - trainer.step)


def redo(trainer: RunFacts, event: Event) -> None:
    """Do what was done in another run; raises ValueError if it does not fit this one."""
    if event.kind == "setting":
        trainer.change(**{event.name: event.new})
        return
    name, _, place = event.name.partition("[")
    set_parameter(trainer, name, tuple(map(int, place.rstrip("]").split(","))), event.new)
