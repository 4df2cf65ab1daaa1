"""Values for arguments: a good one, and all those that should get nobody anywhere."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from graphql import (
    GraphQLEnumType,
    GraphQLInputField,
    GraphQLInputObjectType,
    GraphQLInputType,
    GraphQLList,
    GraphQLNonNull,
    get_named_type,
    is_required_input_field,
)

from tabard.naming import snake

# What an argument of this name is about, where its name alone does not say so.
NOUNS: Final = {"record": "company", "to": "contact", "ids": "company"}
WORDS: Final = {"objectType": "company", "key": "name", "tab": "revenue", "name": "A new name"}
SCALARS: Final[dict[str, tuple[Any, ...]]] = {
    "Boolean": (True, False),
    "CurrencyCode": ("EUR",),
    "Date": ("2026-01-31",),
    "DateTime": ("2026-01-31T12:00:00Z",),
    "Decimal": ("12.5", "-1"),
    "Int": (1, 0, 100, 101, -1, 2**31 - 1),
    "Locale": ("en",),
    "TimeZone": ("UTC",),
}
CURSORS: Final = ("after", "before")
JUNK: Final = ("", "%", "' OR '1'='1", "_", "*", "null", "\\", "ÄÖ\u2028\U0001f600", "x" * 500)


@dataclass
class Values:
    """What can be written into arguments: ids by noun, cursors by position, words; ours and theirs."""

    ours: Mapping[str, Sequence[str]]
    theirs: Mapping[str, Sequence[str]]
    their_words: Sequence[str] = ()
    our_cursors: dict[str, list[str]] = field(default_factory=dict)
    their_cursors: dict[str, list[str]] = field(default_factory=dict)

    def good(self, type_: GraphQLInputType, name: str, hint: str | None = None) -> Any:
        """A value of ours that fits; `hint` is the noun that an id should have."""
        if isinstance(type_, GraphQLNonNull):
            return self.good(type_.of_type, name, hint)
        if isinstance(type_, GraphQLList):
            return [self.good(type_.of_type, name, hint)]
        if isinstance(type_, GraphQLEnumType):
            return next(iter(type_.values))
        if isinstance(type_, GraphQLInputObjectType):
            return self._good_object(type_)
        if type_.name == "ID":
            return self.ours[self._noun(name, hint)][0]
        return WORDS.get(name, "word") if type_.name == "String" else SCALARS[type_.name][0]

    def _good_object(self, type_: GraphQLInputObjectType) -> dict[str, Any]:
        fields = list(type_.fields.items())
        wanted = (
            fields[:1] if type_.is_one_of else [pair for pair in fields if is_required_input_field(pair[1])]
        )
        return {name: self.good(item.type, name) for name, item in wanted}

    def _noun(self, name: str, hint: str | None) -> str:
        word = snake(name)
        options = (NOUNS.get(name), hint, word, word.removesuffix("s"), word.rpartition("_")[2])
        return next((noun for noun in options if noun is not None and noun in self.ours), "company")

    def variants(self, type_: GraphQLInputType, name: str, position: str) -> Iterator[Any]:
        """Every value worth a try; `position` is the field's, such as `Company.deals`."""
        if isinstance(type_, GraphQLNonNull):
            yield from self.variants(type_.of_type, name, position)
        elif isinstance(type_, GraphQLList):
            yield []
            if get_named_type(type_).name == "ID":
                noun = self._noun(name, None)
                yield [self.ours[noun][0], *self.theirs.get(noun, ())]
            yield from ([value] for value in self.variants(type_.of_type, name, position))
        elif isinstance(type_, GraphQLEnumType):
            yield from type_.values
        elif isinstance(type_, GraphQLInputObjectType):
            yield from self._objects(type_, position)
        else:
            yield from self._scalars(type_.name, name, position)

    def _objects(self, type_: GraphQLInputObjectType, position: str) -> Iterator[dict[str, Any]]:
        base = {} if type_.is_one_of else self._good_object(type_)
        yield self._good_object(type_)
        for name, item in type_.fields.items():
            for value in self.variants(_type(item), name, position):
                yield base | {name: value}

    def _scalars(self, type_: str, name: str, position: str) -> Iterator[Any]:
        if type_ == "ID":
            yield from (id for ids in self.ours.values() for id in _ends(ids))
            yield from (id for ids in self.theirs.values() for id in _ends(ids))
            yield from (*JUNK, *self.their_words[:1])
        elif type_ == "String" and name in CURSORS:
            yield from self._cursors(position)
        elif type_ == "String":
            yield from (WORDS.get(name, "word"), *self.their_words, *JUNK)
            yield from (ids[0] for ids in self.theirs.values() if ids)
        else:
            yield from SCALARS[type_]

    def _cursors(self, position: str) -> Iterator[str]:
        for cursors in (self.our_cursors, self.their_cursors):
            yield from cursors.get(position, ())
            yield from [found[0] for other, found in sorted(cursors.items()) if other != position and found][
                :4
            ]
        yield from JUNK[:4]


def _type(item: GraphQLInputField) -> GraphQLInputType:
    return item.type


def _ends(ids: Sequence[str]) -> Sequence[str]:
    return list(dict.fromkeys([ids[0], ids[-1]])) if ids else []
