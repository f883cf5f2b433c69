"""The clinic: small networks, most of them sick, each with what its owner says about it."""

from nnlib.labs.clinic.case import Case
from nnlib.labs.clinic.cases import CASES

__all__ = ["CASES", "Case"]
