"""Errors form the one tree that the module draws, and each says what a client needs."""

import re

import pytest

from tabard import errors
from tabard.errors import (
    AssemblyRefused,
    BadUserInput,
    Fault,
    Forbidden,
    GraphError,
    InvalidSetting,
    PluginFailure,
    TabardError,
)
from tabard.user_errors import UserErrorCode, user_error
from tabard.work import stale


def drawn() -> dict[str, str]:
    """Class to parent, as the module's docstring draws the tree."""
    lines = (errors.__doc__ or "").splitlines()
    start = lines.index("TabardError")
    parents: dict[str, str] = {}
    branch = ["TabardError"]
    for line in lines[start + 1 :]:
        branches = re.match(r"^((?:│   |    )*)(?:├── |└── )(.*)$", line)
        if branches is None:
            break
        depth = len(branches[1]) // 4 + 1
        # The names come first, then two spaces or more, then what they are for.
        names = re.findall(r"[A-Z]\w+", re.split(r"\s{2,}(?=[a-z])", branches[2])[0])
        for name in names:
            parents[name] = branch[depth - 1]
        branch[depth:] = [names[-1]]
    return parents


def test_tree_in_the_docstring_is_the_tree_of_the_classes() -> None:
    classes = {
        name: value.__bases__[0].__name__
        for name, value in vars(errors).items()
        if isinstance(value, type) and value.__module__ == "tabard.errors" and value is not TabardError
    }

    assert drawn() == classes


def test_every_error_says_what_it_is() -> None:
    assert all((getattr(errors, name).__doc__ or "").strip() for name in ["TabardError", *drawn()])


def test_every_graph_error_has_a_code_of_its_own() -> None:
    codes = [getattr(errors, name).code for name, parent in drawn().items() if parent == "GraphError"]

    assert len(set(codes)) == len(codes)
    assert all(re.fullmatch(r"[A-Z]+(_[A-Z]+)*", code) for code in codes)


def test_refusals_are_sorted_and_each_is_told_once() -> None:
    error = AssemblyRefused(["b is wrong", "a is wrong", "b is wrong"])

    assert error.refusals == ["a is wrong", "b is wrong"]
    assert str(error) == "the graph cannot be assembled; 2 thing(s) to mend:\n  - a is wrong\n  - b is wrong"


def test_extensions_carry_the_code_and_what_else_the_client_is_told() -> None:
    assert GraphError("x").extensions == {"code": "INTERNAL_SERVER_ERROR"}
    assert BadUserInput("x", limit=3).extensions == {"code": "BAD_USER_INPUT", "limit": 3}
    assert Forbidden("x", "SEAT_REQUIRED").extensions == {"code": "FORBIDDEN", "reason": "SEAT_REQUIRED"}


def test_plugin_failure_names_the_plugin_and_never_the_cause() -> None:
    failure = PluginFailure("alpha")

    assert failure.extensions == {"code": "PLUGIN_ERROR", "plugin": "alpha"}
    assert str(failure) == "The plugin 'alpha' could not answer this field."


@pytest.mark.parametrize("code", UserErrorCode.__members__)
def test_fault_of_every_code_becomes_an_entry(code: str) -> None:
    entry = user_error(Fault(code, "No.", path=["input", "name"]))

    assert (entry.message, entry.code, entry.reason) == ("No.", UserErrorCode[code], code.lower())
    assert entry.path == ["input", "name"]


def test_details_of_a_fault_choose_the_entrys_type() -> None:
    assert vars(user_error(stale(4)))["current_version"] == 4
    limited = user_error(Fault("LIMIT_REACHED", "Full.", reason="workspace.quota", limit=5, current=5))

    assert type(limited).__name__ == "LimitReachedError"
    assert (limited.reason, vars(limited)["limit"]) == ("workspace.quota", 5)


def test_invalid_setting_says_which_and_where() -> None:
    fault = InvalidSetting("horizonDays", "must be between 1 and 365")

    assert fault.message == "The setting 'horizonDays' must be between 1 and 365."
    assert (fault.code, fault.reason) == ("INVALID", "setting.invalid")
    assert fault.path == ["horizonDays"]
