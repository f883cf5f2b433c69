"""How numbers are written: one way for text, tiles and tables, and the same for axes.

0.0123, 1,234, 2.5×10⁻⁷, and a minus sign that is one. An address never holds such a text.
"""

import math
import re
from typing import Any

_RAISED = str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")
_MINUS = "\u2212"  # as Plotly writes it on axes; a hyphen is shorter and lower


def plain_number(value: float, digits: int = 3) -> str:
    """Return a number as people write it: ``0.0123``, ``1,234``, ``2.5×10⁻⁷``.

    Parameters
    ----------
    value : any number, also NaN or an infinity
    digits : significant digits; integers below a million keep all of theirs
    """
    if math.isnan(value):
        return "not a number"
    sign = _MINUS if value < 0 else ""
    return sign + _positive(abs(value), digits)


def latex_number(value: float, digits: int = 3) -> str:
    """Return a finite number as `plain_number` does, for a formula."""
    lowered = str.maketrans("⁻⁰¹²³⁴⁵⁶⁷⁸⁹", "-0123456789")
    text = plain_number(value, digits).replace(_MINUS, "-").replace(",", "{,}")
    text = re.sub(r"10([⁻⁰¹²³⁴⁵⁶⁷⁸⁹]+)$", lambda m: f"10^{{{m[1].translate(lowered)}}}", text)
    return text.replace("×", r" \times ")


def _positive(value: float, digits: int) -> str:
    if math.isinf(value):
        return "∞"
    if value == int(value) and value < 1e6:
        return f"{int(value):,}"
    # Rounding first decides the notation: 999999.6 at three digits is 10⁶, not 1,000,000.
    mantissa, exponent = f"{value:.{digits - 1}e}".split("e")
    power = int(exponent)
    if -3 <= power < 6:
        return _trimmed(f"{float(f'{mantissa}e{power}'):,.{max(digits - 1 - power, 0)}f}")
    raised = f"10{str(power).translate(_RAISED)}"
    return raised if float(mantissa) == 1 else f"{_trimmed(mantissa)}×{raised}"


def _trimmed(text: str) -> str:
    return text.rstrip("0").rstrip(".") if "." in text else text


def _tick(digit: int, power: int) -> str:
    if power == 0:
        return str(digit)
    raised = "10" if power == 1 else f"10<sup>{str(power).replace('-', _MINUS)}</sup>"
    return raised if digit == 1 else f"{digit}×{raised}"


def tick_aliases() -> dict[str, str]:
    """Return what the formats of `LOG_AXIS` give, and what an axis says instead."""
    return {
        f"{digit}e{'+' if power >= 0 else _MINUS}{abs(power)}": _tick(digit, power)
        for power in range(-46, 39)  # those of float32, denormal ones too
        for digit in (1, 2, 5)
        if digit == 1 or -13 < power < -6 or 5 < power < 10
    }


LOG_AXIS: dict[str, Any] = {
    "type": "log",
    "tickformat": ",~g",
    # Where each tick is a decade or more, all of them are powers: never 10⁻⁴ beside 0.0001.
    "tickformatstops": [{"dtickrange": [1, None], "value": "~e"}],
}
"""Settings of a logarithmic axis: every tick has its full number, not only a 2 or a 5."""
