"""The rules, one file a family: from the facts of a run to findings.

To add a rule, write a function from `Facts` to findings and decorate it with `rule`, in one of
these files or in a new one. Limits stand at the top of their file with what they come from.
"Measured" means the battery of small sick and healthy runs in ``tests/nnlib/battery``.
"""

from importlib import import_module
from pkgutil import iter_modules

from nnlib.diagnosis.rule import RULES, Rule

for _module in sorted(m.name for m in iter_modules(__path__)):
    import_module(f"{__name__}.{_module}")

__all__ = ["RULES", "Rule"]
