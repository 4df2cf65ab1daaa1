"""Misconfiguration: what is wrong with the settings, in an operator's words and never with a setting's value."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from difflib import get_close_matches
from typing import Any, Final, get_args

from pydantic import BaseModel, ValidationError
from pydantic.fields import FieldInfo

from tabard.setting_problems import FORMS

PREFIX: Final = "TABARD_"
SIMILAR: Final = 0.75
# By pydantic's names for what can be wrong, with what it tells of each; none tells the value, which may be a secret.
WORDS: Final[Mapping[str, str]] = {
    "greater_than": "must be greater than {gt:g}",
    "greater_than_equal": "must be at least {ge:g}",
    "less_than": "must be less than {lt:g}",
    "less_than_equal": "must be at most {le:g}",
    "finite_number": "must be a finite number",
    "enum": "must be {expected}",
    "literal_error": "must be {expected}",
    "too_short": "must list at least {min_length}",
    "string_too_short": "must have at least {min_length} characters",
    "missing": "is missing, and is needed",
    "model_type": "is a group; set each of its settings by a name of its own, with `__` between",
    "tuple_type": "must be a JSON list",
}
# The same of what stands inside a value that is JSON.
INSIDE: Final[Mapping[str, str]] = {"model_type": "must be a JSON object"}


def problems(error: ValidationError, model: type[BaseModel]) -> list[str]:
    """One sentence for each setting of the model that cannot be used."""
    return [_sentence(problem, model) for problem in error.errors(include_input=False, include_url=False)]


def misspelt(names: Iterable[str], model: type[BaseModel]) -> Iterator[str]:
    """What looks like a setting and is none: it would be left out, and a default taken that nobody chose."""
    for name in sorted(names):
        given, *inside = name.upper().removeprefix(PREFIX).lower().split("__")
        if name.upper().startswith(PREFIX) and given not in model.model_fields:
            for meant in _similar(given, model.model_fields):
                right = variable([meant, *inside])
                yield f"{name} is no setting; write {right} if you mean that, else unset it"


def variable(location: Sequence[str | int]) -> str:
    """The variable of a setting, and the place in its value where that is JSON."""
    names = [str(step) for step in location]
    depth = next((number for number, step in enumerate(location) if isinstance(step, int)), len(names))
    inside = "".join(f"[{step}]" if step.isdecimal() else f".{step}" for step in names[depth:])
    return f"{PREFIX}{'__'.join(names[:depth]).upper()}{inside}"


def _sentence(problem: Any, model: type[BaseModel]) -> str:
    location, kind = problem["loc"], problem["type"]
    said = problem["msg"].removeprefix("Value error, ")
    if not location:
        return str(said)
    if kind == "extra_forbidden":
        return f"{variable(location)} {_unknown(location, model)}"
    if words := _words(kind, is_inside=any(isinstance(step, int) for step in location)):
        return f"{variable(location)} {words.format_map(problem.get('ctx', {}))}"
    return f"{variable(location)}: {said}"


def _words(kind: str, *, is_inside: bool) -> str | None:
    """What a kind of error says of a value; None where its own words say it best."""
    known = {**WORDS, **INSIDE} if is_inside else WORDS
    form = next((start for start in FORMS if kind in {f"{start}parsing", f"{start}type"}), None)
    return known.get(kind) or (None if form is None else FORMS[form])


def _unknown(location: Sequence[str | int], model: type[BaseModel]) -> str:
    """What to write in place of a name that is no setting."""
    *place, given = location
    meant = _similar(str(given), _fields(model, place))
    remedy = f"write {variable([*place, meant[0]])} if you mean that, else unset it" if meant else "unset it"
    return f"is no setting; {remedy}"


def _fields(model: type[BaseModel], place: Sequence[str | int]) -> Mapping[str, FieldInfo]:
    """The settings that there are at a place; none where it is no group of settings."""
    for step in place:
        field = None if isinstance(step, int) else model.model_fields.get(str(step))
        if field is not None:
            kinds = [field.annotation, *get_args(field.annotation)]
            model = next(kind for kind in kinds if isinstance(kind, type) and issubclass(kind, BaseModel))
    return model.model_fields


def _similar(given: str, known: Iterable[str]) -> list[str]:
    return get_close_matches(given.lower(), list(known), n=1, cutoff=SIMILAR)
