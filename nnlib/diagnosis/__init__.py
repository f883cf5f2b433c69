"""Why a run does not train: rules from what is known of it to findings with remedies."""

from nnlib.diagnosis.diagnosis import diagnose, diagnose_log
from nnlib.diagnosis.finding import FAULTS, PREPARATIONS, Evidence, Finding, Place, Remedy
from nnlib.diagnosis.report import Diagnosis, describe
from nnlib.diagnosis.rule import RULES
from nnlib.diagnosis.trial import Trial, can_be_tried, try_remedies

__all__ = [
    "FAULTS",
    "PREPARATIONS",
    "RULES",
    "Diagnosis",
    "Evidence",
    "Finding",
    "Place",
    "Remedy",
    "Trial",
    "can_be_tried",
    "describe",
    "diagnose",
    "diagnose_log",
    "try_remedies",
]
