"""Numbers of a page, back from how they are written."""

import re

_PLAIN = str.maketrans("⁻⁰¹²³⁴⁵⁶⁷⁸⁹−", "-0123456789-", ",")


def number(text: str) -> float:
    """Return what `plain_number` wrote."""
    found = re.fullmatch(r"(−?)(?:([\d.]+)×)?10([⁻⁰¹²³⁴⁵⁶⁷⁸⁹]+)", text)
    if found is None:
        return float(text.translate(_PLAIN))
    sign, mantissa, power = found.groups()
    return float(f"{'-' if sign else ''}{mantissa or 1}e{power.translate(_PLAIN)}")
