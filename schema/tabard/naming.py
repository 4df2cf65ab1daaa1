"""Naming: how Python names become GraphQL names, and back."""

import re
from functools import lru_cache

_WORD = re.compile(r"(?<!^)(?=[A-Z])")
SNAKE = re.compile(r"^[a-z][a-z0-9]*(_[a-z0-9]+)*\Z")


def camel(name: str) -> str:
    """`due_on` -> `dueOn`."""
    head, *rest = name.split("_")
    return head + "".join(part[:1].upper() + part[1:] for part in rest)


def pascal(name: str) -> str:
    """`renewal_set` -> `RenewalSet`."""
    return "".join(part[:1].upper() + part[1:] for part in name.split("_"))


@lru_cache(1_000)
def snake(name: str) -> str:
    """`CustomRecord` -> `custom_record`."""
    return _WORD.sub("_", name).lower()


def noun_of(type_: type) -> str:
    """The noun of a type, which begins its global ids: `Company` -> `company`."""
    return snake(type_.__name__)


def plural(noun: str) -> str:
    """`company` -> `companies`: the name of a noun's lists."""
    if noun.endswith("y") and noun[-2:-1] not in "aeiou":
        return f"{noun[:-1]}ies"
    return f"{noun}es" if noun.endswith(("s", "x", "z", "ch", "sh")) else f"{noun}s"


def title(name: str) -> str:
    """`close_on` -> `Close on`."""
    return name.replace("_", " ").capitalize()
