"""One specifier of java.util.Formatter: ``%s``, ``%d`` or ``%f`` of a value that comes as text."""

from __future__ import annotations

from decimal import ROUND_HALF_UP, Context, Decimal

from trino_on_duckdb.errors import QueryError

_EXACT = Context(prec=400, rounding=ROUND_HALF_UP)
DEFAULT_PRECISION = 6


def specified(text: str, conversion: str, width: int, precision: int) -> str:
    """The formatted text; ``conversion`` is the letter with its flags behind it, ``precision`` -1 when not given."""
    letter, flags = conversion[0], conversion[1:]
    together = [("-", "0"), ("+", " ")]
    if any(set(pair) <= set(flags) for pair in together) or (set("-0") & set(flags) and not width) or "#" in flags:
        raise QueryError("INVALID_FUNCTION_ARGUMENT", f"Invalid format flags: '{flags}'")
    if letter == "s" or text == "null":
        shown = text[:precision] if precision >= 0 else text
    elif text in ("NaN", "Infinity", "-Infinity"):
        shown, flags = _signed(text.lstrip("-"), text.startswith("-"), flags), flags.replace("0", "")
    else:
        shown = _number(text, letter, flags, width, precision)
    return shown.ljust(width) if "-" in flags else shown.rjust(width)


def _number(text: str, letter: str, flags: str, width: int, precision: int) -> str:
    number = Decimal(text)
    negative = text.startswith("-")
    if letter == "f":
        digits = DEFAULT_PRECISION if precision < 0 else precision
        number = number.quantize(Decimal(1).scaleb(-digits), context=_EXACT)
    shown = f"{abs(number):{',' if ',' in flags else ''}f}"
    if "0" in flags:
        shown = shown.rjust(width - len(_signed("", negative, flags)), "0")
    return _signed(shown, negative, flags)


def _signed(shown: str, negative: bool, flags: str) -> str:
    if negative:
        return f"({shown})" if "(" in flags else f"-{shown}"
    return ("+" if "+" in flags else " " if " " in flags else "") + shown
