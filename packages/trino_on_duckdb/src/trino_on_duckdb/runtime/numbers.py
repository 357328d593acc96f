"""Numbers as Java computes and writes them."""

from __future__ import annotations

import math
import struct
from decimal import ROUND_HALF_UP, Context, Decimal

from trino_on_duckdb.errors import QueryError

_EXACT = Context(prec=100, rounding=ROUND_HALF_UP)
PLAIN_FROM, PLAIN_BELOW = 1e-3, 1e7
"""Double.toString writes no exponent in this range."""


def java_double(value: float) -> str:
    """Double.toString: ``1.0E10``, ``1.0E-5``, ``NaN``, ``Infinity``."""
    return _java(value, repr(value))


def java_float(value: float) -> str:
    """Float.toString of a value that is a float32."""
    return _java(value, _shortest_float(value))


def _shortest_float(value: float) -> str:
    if not math.isfinite(value):
        return repr(value)
    for digits in range(1, 10):
        text = f"{value:.{digits}g}"
        if struct.pack("f", float(text)) == struct.pack("f", value):
            return text
    return repr(value)


def _java(value: float, shortest: str) -> str:
    if math.isnan(value):
        return "NaN"
    if math.isinf(value):
        return "Infinity" if value > 0 else "-Infinity"
    if value == 0:
        return "-0.0" if math.copysign(1, value) < 0 else "0.0"
    sign, digits, exponent = Decimal(shortest).as_tuple()
    assert isinstance(exponent, int)  # noqa: S101  the value is finite
    text = "".join(map(str, digits)).rstrip("0") or "0"
    point = len(digits) + exponent
    minus = "-" if sign else ""
    if PLAIN_FROM <= abs(value) < PLAIN_BELOW:
        whole = text[: max(point, 0)].ljust(max(point, 0), "0") or "0"
        fraction = ("0" * -point if point < 0 else "") + text[max(point, 0) :]
        return f"{minus}{whole}.{fraction or '0'}"
    return f"{minus}{text[0]}.{text[1:] or '0'}E{point - 1}"


def sql_double(value: float) -> str:
    """CAST(double AS varchar), always with an exponent: ``1.5E0``, ``0E0``, ``NaN`` (Trino since release 370)."""
    return _scientific(value, repr(value))


def sql_real(value: float) -> str:
    """CAST(real AS varchar): as for a double, of at most seven digits."""
    return _scientific(value, f"{value:.6e}" if math.isfinite(value) else "")


def _scientific(value: float, text: str) -> str:
    if value == 0 or not math.isfinite(value):
        return "-0E0" if math.copysign(1, value) < 0 and value == 0 else "0E0" if value == 0 else _java(value, text)
    sign, digits, exponent = Decimal(text).as_tuple()
    assert isinstance(exponent, int)  # noqa: S101  the value is finite
    mantissa = "".join(map(str, digits)).rstrip("0")
    return f"{'-' if sign else ''}{mantissa[0]}.{mantissa[1:] or '0'}E{len(digits) + exponent - 1}"


def decimal_divide(dividend: str, divisor: str, precision: int, scale: int) -> str:
    """The quotient of two decimals, rounded half up to a scale."""
    if Decimal(divisor) == 0:
        raise QueryError("DIVISION_BY_ZERO", "Division by zero")
    quotient = _EXACT.divide(Decimal(dividend), Decimal(divisor))
    # the divisions's own rounding, far beyond any scale, cannot make a half out of less than one
    rounded = quotient.quantize(Decimal(1).scaleb(-scale), context=_EXACT)
    if len(rounded.as_tuple().digits) > precision:
        raise QueryError("NUMERIC_VALUE_OUT_OF_RANGE", f"Decimal overflow: {dividend} / {divisor}")
    return f"{rounded:f}"


def cube_root(value: float) -> float:
    """Correctly rounded, so that the cube root of a cube is whole."""
    if not math.isfinite(value) or value == 0:
        return value
    root = _EXACT.power(abs(Decimal(value)), _EXACT.divide(Decimal(1), Decimal(3)))
    return math.copysign(float(root), value)


def java_log(base: float, value: float) -> float:
    """Math.log(value) / Math.log(base), where Python's would fail."""
    top, bottom = _log(value), _log(base)
    if bottom == 0:
        return math.nan if top == 0 or math.isnan(top) else math.copysign(math.inf, top)
    return top / bottom if not (math.isinf(top) and math.isinf(bottom)) else math.nan


def _log(value: float) -> float:
    if value == 0:
        return -math.inf
    return math.nan if value < 0 or math.isnan(value) else math.log(value) if math.isfinite(value) else math.inf


def _radix(radix: int) -> int:
    if not 2 <= radix <= 36:
        raise QueryError("INVALID_FUNCTION_ARGUMENT", f"Radix must be between 2 and 36: {radix}")
    return radix


def from_base(text: str, radix: int) -> int:
    """Long.parseLong."""
    problem = QueryError("INVALID_FUNCTION_ARGUMENT", f"Not a valid base-{_radix(radix)} number: {text}")
    if "_" in text or text != text.strip():
        raise problem
    try:
        value = int(text, radix) if radix != 2 or not text.lower().startswith("0b") else None
    except ValueError as error:
        raise problem from error
    if value is None or not -(2**63) <= value < 2**63:
        raise problem
    return value


def to_base(value: int, radix: int) -> str:
    """Long.toString."""
    digits = ""
    rest = abs(value)
    while rest:
        rest, digit = divmod(rest, _radix(radix))
        digits = "0123456789abcdefghijklmnopqrstuvwxyz"[digit] + digits
    return ("-" if value < 0 else "") + (digits or "0")


def width_bucket(operand: float, first: float, second: float, count: int) -> int:
    """The bucket of ``count`` equal ones between the bounds, 0 below them and count + 1 above."""
    problem = None
    if count <= 0:
        problem = "bucketCount must be greater than 0"
    elif math.isnan(operand):
        problem = "operand must not be NaN"
    elif not math.isfinite(first) or not math.isfinite(second):
        problem = "bounds must be finite"
    elif first == second:
        problem = "bounds cannot equal each other"
    if problem:
        raise QueryError("INVALID_FUNCTION_ARGUMENT", problem)
    lower, upper = min(first, second), max(first, second)
    if operand < lower:
        bucket = 0
    elif operand >= upper:
        bucket = count + 1
    else:
        bucket = int(count * (operand - lower) / (upper - lower)) + 1
    return count - bucket + 1 if first > second else bucket
