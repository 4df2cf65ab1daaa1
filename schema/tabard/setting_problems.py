"""Setting problems: why a setting refuses a value, in words that say what to do."""

from __future__ import annotations

import typing
from collections.abc import Mapping
from typing import Any

from pydantic import ValidationError
from pydantic_core.core_schema import ErrorType

from tabard.errors import InvalidSetting

SHOWN = 40
UNFIT = "cannot have this value; `TabInfo.settingsSchema` says which it can have"
# By the kinds of pydantic's errors: what is given, and what each kind tells of itself, can be named.
WORDS: Mapping[str, str] = {
    "greater_than": "is {given}; it must be more than {gt}",
    "greater_than_equal": "is {given}; it must be at least {ge}",
    "less_than": "is {given}; it must be less than {lt}",
    "less_than_equal": "is {given}; it must be at most {le}",
    "multiple_of": "is {given}; it must be a multiple of {multiple_of}",
    "finite_number": "must be a finite number",
    "too_short": "lists {count}; it needs at least {min_length}",
    "too_long": "lists {count}; it can list at most {max_length}",
    "repeated": "is {item} again; list it once",
    "string_too_short": "has {length}; it needs at least {min_length}",
    "string_too_long": "has {length}; it can have at most {max_length}",
    "string_pattern_mismatch": "is {given}, which is not of the form {pattern}",
    "string_not_ascii": "has letters or signs outside of ASCII; leave them out",
    "decimal_max_digits": "has too many digits; it can have at most {max_digits}",
    "decimal_max_places": "has too many decimal places; it can have at most {decimal_places}",
    "decimal_whole_digits": "has too many digits before the point; it can have at most {whole_digits}",
    "enum": "must be one of {expected}",
    "literal_error": "must be one of {expected}",
    "date_past": "is {given}; it must be in the past",
    "date_future": "is {given}; it must be in the future",
    "datetime_past": "is {given}; it must be in the past",
    "datetime_future": "is {given}; it must be in the future",
    "timezone_aware": "lacks its offset from UTC; write it as 2026-11-22T09:30:00Z",
    "timezone_naive": "has an offset from UTC; leave it out",
    "int_parsing_size": "is too large",
    "none_required": "can only be null",
}
# By how the kinds begin that say that a value is of another type.
FORMS: Mapping[str, str] = {
    "bool_": "must be true or false",
    "int_": "must be a whole number",
    "float_": "must be a number",
    "decimal_": "must be a decimal number",
    "string_": "must be a text",
    "date_": "must be a day, written YYYY-MM-DD",
    "datetime_": "must be a moment, written as 2026-11-22T09:30:00Z",
    "time_": "must be a time of day, written HH:MM:SS",
    "uuid_": "must be a UUID",
    "list_": "must be a list",
}
# The kinds whose words are the plugin author's own.
AUTHORS = frozenset({"value_error", "assertion_error"})
KNOWN = frozenset(typing.get_args(ErrorType))


def refusal(setting: str, error: ValidationError) -> InvalidSetting:
    """The fault for the first thing that is wrong with a value."""
    found = error.errors(include_url=False)[0]
    context = found.get("ctx", {})
    steps = [step for step in found["loc"] if isinstance(step, int)]
    item = context.get("place", steps[0] if steps else None)
    return InvalidSetting(setting, problem(found["type"], found["input"], context, found["msg"]), item)


def problem(kind: str, given: Any, context: Mapping[str, Any], words: str = "") -> str:
    """What is wrong, by a kind of error; `words` are those of whoever raised one that is not pydantic's."""
    if kind in AUTHORS:
        return _authors(str(context.get("error", "")))
    if kind in WORDS:
        return WORDS[kind].format_map({**_told(given), **context})
    form = next((form for start, form in FORMS.items() if kind.startswith(start)), None)
    return form or (UNFIT if kind in KNOWN else _authors(words))


def _told(given: Any) -> dict[str, str]:
    size = len(given) if isinstance(given, str | list) else 0
    return {"given": shown(given), "length": _counted(size, "character"), "count": _counted(size, "item")}


def shown(given: Any) -> str:
    """A value as a message quotes it, cut where it is long."""
    text = str(given)
    cut = text if len(text) <= SHOWN else f"{text[:SHOWN]}…"
    return f"'{cut}'" if isinstance(given, str) else cut


def _counted(number: int, noun: str) -> str:
    return f"{number or 'no'} {noun}{'' if number == 1 else 's'}"


def _authors(words: str) -> str:
    said = words.strip().rstrip(".")
    return f"cannot be used: {said}" if said else UNFIT
