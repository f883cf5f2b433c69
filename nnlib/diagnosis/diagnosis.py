"""From a run to its diagnosis: every rule is asked, and causes take consequences with them."""

from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import replace
from types import MappingProxyType

import numpy as np

from nnlib.diagnosis.about import DataFacts
from nnlib.diagnosis.facts import Facts, Unknown
from nnlib.diagnosis.finding import Finding, Remedy
from nnlib.diagnosis.log_facts import LogFacts
from nnlib.diagnosis.report import Diagnosis, Silent
from nnlib.diagnosis.rule import LAST_RESORT, Rule, is_worse_than_a_guess
from nnlib.diagnosis.rules import RULES
from nnlib.logs import Log
from nnlib.replica import Replica
from nnlib.training import Trainer

LEAST_STEPS = 20
"""Rules that read records wait for so many updates, or for the end."""

_SIGNAL = ("vanishing_gradients", "exploding_gradients", "dead_relu")
_RATE = ("lr_too_high", "lr_too_low", "too_few_epochs")
_STEPS = (*_RATE, "batch_too_small", "batch_too_large")
_CAPACITY = ("too_small_network", "missing_nonlinearity")
EXPLAINS: dict[str, tuple[str, ...]] = {
    "unlucky_seed": (*_SIGNAL, *_STEPS, *_CAPACITY, "init_too_large", "class_imbalance"),
    "unscaled_inputs": ("unscaled_targets", "init_too_large", *_SIGNAL, *_STEPS, *_CAPACITY,
                        "class_imbalance", "no_signal"),
    "unscaled_targets": ("unscaled_inputs", "init_too_large", *_SIGNAL, *_STEPS, *_CAPACITY),
    "symmetric_init": (*_SIGNAL, *_STEPS, *_CAPACITY, "class_imbalance", "too_much_regularization"),
    "init_too_large": (*_SIGNAL, *_STEPS, *_CAPACITY, "overfitting", "class_imbalance"),
    "exploding_gradients": (*_STEPS, "init_too_large", "dead_relu", "class_imbalance"),
    "vanishing_gradients": (*_STEPS, *_CAPACITY, "class_imbalance", "too_much_regularization"),
    "dead_relu": (*_STEPS, *_CAPACITY, "vanishing_gradients", "class_imbalance"),
    "batch_norm_tiny_batch": (*_STEPS, "overfitting", *_SIGNAL, *_CAPACITY, "class_imbalance"),
    "too_much_regularization": (*_STEPS, *_CAPACITY, "dead_relu", "class_imbalance"),
    "missing_nonlinearity": (*_STEPS, "too_small_network", "no_signal"),
    "no_signal": ("overfitting", "label_noise", *_STEPS, *_CAPACITY, "class_imbalance"),
    "wrong_task": ("overfitting", *_STEPS, *_CAPACITY, "class_imbalance", "no_signal"),
    "label_noise": ("overfitting", "lr_too_high"),
    "lr_too_high": ("dead_relu", "batch_too_small", "lr_too_low", *_CAPACITY, "overfitting",
                    "class_imbalance"),
    "batch_too_small": ("lr_too_high", "overfitting", "lr_too_low"),
    "class_imbalance": ("lr_too_low", "too_few_epochs", "too_small_network", "overfitting",
                        "batch_too_large"),
    "batch_too_large": ("lr_too_low", "too_few_epochs", *_CAPACITY),
    "too_few_epochs": ("lr_too_low", *_CAPACITY),
    "lr_too_low": ("too_few_epochs", *_CAPACITY),
}  # fmt: skip
"""Of a cause that is found with more confidence, the faults that are its consequences."""


def diagnose(
    trainer: Trainer | Replica,
    *,
    thorough: bool = True,
    about: DataFacts | None = None,
    others: Mapping[int, float] = MappingProxyType({}),
) -> Diagnosis:
    """Say why a run does not train, or that it does.

    Parameters
    ----------
    trainer : of a single run, at any step, or one replica of a stack
    thorough : whether baselines may be fitted, which takes up to some seconds; without them, only
        what settings, data and records say is found
    about : facts of the same data, kept from an earlier diagnosis
    others : final training losses, over a constant's, of the same run from other seeds, by seed

    Raises
    ------
    ValueError
        for a stack of runs
    """
    return diagnose_facts(Facts(trainer, thorough=thorough, about=about, others=others))


def diagnose_facts(facts: Facts) -> Diagnosis:
    """Ask every rule about these facts; one that misses some stays silent, and is named."""
    found: list[Finding] = []
    silent: list[Silent] = []
    for rule in _due(facts):
        try:
            found.extend(_with_real_changes(f, facts) for f in rule.check(facts))
        except Unknown as missing:
            silent.append(Silent(rule.purpose, missing.what))
    findings = _causes(found)
    problems = any(f.severity == "problem" for f in findings)
    healthy = () if problems else tuple(_healthy(facts))
    doubt = _doubt(facts) if healthy and facts.ended else ""
    return Diagnosis(findings, healthy, facts.step, facts.ended, doubt, tuple(silent))


def _due(facts: Facts) -> Iterator[Rule]:
    started = facts.ended or facts.step >= LEAST_STEPS
    for rule in RULES:
        if rule.stage == "start" or started and (rule.stage == "run" or facts.thorough):
            yield rule


def _causes(found: list[Finding]) -> tuple[Finding, ...]:
    """Leave out what another, surer finding explains, and name it there as a consequence."""
    found = sorted(found, key=lambda f: (f.severity != "problem", -f.confidence))
    causes: list[Finding] = []
    for finding in found:
        cause = next((c for c in causes if _explains(c, finding)), None)
        if cause is None:
            causes += [] if _superfluous(finding, causes) else [finding]
        elif finding.title not in (*cause.consequences, cause.title):
            more = (*cause.consequences, finding.title)
            causes[causes.index(cause)] = replace(cause, consequences=more)
    return tuple(causes)


def _superfluous(finding: Finding, causes: list[Finding]) -> bool:
    """Say whether a guess for want of a cause comes after one that was found."""
    guess = finding.severity == "problem" and finding.confidence <= LAST_RESORT
    return guess and any(cause.severity == "problem" for cause in causes)


def _with_real_changes(finding: Finding, facts: Facts) -> Finding:
    """Leave out of the remedies what is so already, and what another one does as well."""
    remedies: list[Remedy] = []
    for remedy in finding.remedies:
        changes = dict(remedy.changes)
        for part, config in (("network", facts.network), ("training", facts.training)):
            fields = remedy.changes.get(part, {})
            kept = {name: new for name, new in fields.items() if _value(config, name) != new}
            changes.pop(part, None)
            if kept:
                changes[part] = kept
        if changes and all(changes != other.changes for other in remedies):
            remedies.append(replace(remedy, changes=changes))
    return replace(finding, remedies=tuple(remedies))


def _value(config: object, name: str) -> object:
    try:
        return getattr(config, name)
    except Unknown:
        return None


def _explains(cause: Finding, other: Finding) -> bool:
    if cause.severity != "problem":
        return False
    return other.fault == cause.fault or other.fault in EXPLAINS.get(cause.fault, ())


def _doubt(facts: Facts) -> str:
    """Return a sentence where no cause was found although the run did not go well."""
    if facts.far_behind and facts.baselines is not None:
        return (
            f"No cause was found, but a simple model scores {facts.baselines.best:.3g} on "
            f"validation and this network {facts.val_score:.3g}."
        )
    if is_worse_than_a_guess(facts):
        return "No cause was found, but the validation loss is above that of a constant prediction."
    return ""


def _healthy(facts: Facts) -> Iterator[str]:
    """Yield the numbers that say so, as far as they are known."""
    score = {"accuracy": "accuracy", "r2": "R²"}[facts.score_name]
    with suppress(Unknown):
        yield f"training loss {facts.last_level:.2g} of a constant's"
        if len(facts.val_levels):
            if np.isfinite(facts.val_score):
                yield f"validation {score} {facts.val_score:.3g}"
            yield f"validation loss {facts.val_levels[-1]:.2g} of a constant's"
    with suppress(Unknown):
        if facts.network.hidden:
            dead = float(facts.now.dead.max(initial=0.0))
            yield f"at most {dead:.0%} of a layer's units dead"


def diagnose_log(log: Log) -> Diagnosis:
    """Say why a run that was trained elsewhere does not train, as far as its log tells.

    Rules whose evidence is not in the log are silent, and named in the diagnosis.

    Parameters
    ----------
    log : of a single run, see `nnlib.logs.read_log` and `nnlib.logs.log_of`
    """
    diagnosis = diagnose_facts(LogFacts(log))
    if not log.by_epoch:
        return diagnosis
    # Places are in steps, which such a log does not count.
    findings = (replace(f, where=replace(f.where, steps=None)) for f in diagnosis.findings)
    return replace(diagnosis, findings=tuple(findings))
