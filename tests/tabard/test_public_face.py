"""What plugin authors import is complete, importable and documented."""

import inspect
from types import ModuleType
from typing import Any

import pytest

import tabard
from tabard.scalars import SCALARS


def public_names() -> set[str]:
    """Every name that `import tabard` offers, submodules aside."""
    return {
        name
        for name, value in vars(tabard).items()
        if not name.startswith("_") and not isinstance(value, ModuleType)
    }


def words_for(value: Any) -> str:
    """What an author reads about a value: its docstring, or the description that frontends read."""
    if value in SCALARS:
        return SCALARS[value].description or ""
    definition = getattr(value, "__strawberry_definition__", None)
    described = getattr(definition, "description", None)
    type_ = value if inspect.isroutine(value) or isinstance(value, type) else type(value)
    own = type_.__doc__ or ""
    generated = own.startswith(f"{type_.__name__}(")
    return described or ("" if generated else own)


def test_all_lists_exactly_the_public_names() -> None:
    assert set(tabard.__all__) == public_names()


def test_all_is_sorted_constants_first_then_types_then_functions() -> None:
    def rank(name: str) -> tuple[int, str]:
        return (0 if name.isupper() else 1 if name[0].isupper() else 2, name)

    assert list(tabard.__all__) == sorted(tabard.__all__, key=rank)


@pytest.mark.parametrize("name", sorted(tabard.__all__))
def test_every_name_is_documented(name: str) -> None:
    assert words_for(getattr(tabard, name)).strip(), f"{name} says nothing about itself"


@pytest.mark.parametrize("name", ["Plugin", "Tab", "Reader", "Work", "Viewer", "Subject", "Columns", "Read"])
def test_every_public_method_is_documented(name: str) -> None:
    methods = {
        method: value
        for method, value in inspect.getmembers(getattr(tabard, name))
        if not method.startswith("_") and (inspect.isfunction(value) or isinstance(value, property))
    }

    assert [method for method, value in methods.items() if not (value.__doc__ or "").strip()] == []
