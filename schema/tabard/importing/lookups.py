"""Lookups: how a row refers to other things: its owner, its company, its teams, what it is associated with."""

from dataclasses import dataclass
from enum import Enum

from tabard.importing.catalogue import Catalogue
from tabard.importing.declarations import slug
from tabard.importing.document import Section, listed
from tabard.importing.fields import Field
from tabard.importing.sources import KEYS as SOURCE_KEYS
from tabard.importing.sources import Source, Texts, read_source
from tabard.importing.targets import EXTERNAL_ID, TEAM, USER, Target

LOOKUP_KEYS = (*SOURCE_KEYS, "by", "unknown")
ASSOCIATION_KEYS = (*LOOKUP_KEYS, "to", "separator", "label", "inverse_label")
TEAM_KEYS = (*LOOKUP_KEYS, "separator")
REJECT, IGNORE = "reject", "ignore"


class Role(Enum):
    """What a reference becomes: a column, a custom property, an association, or a membership."""

    COLUMN = "column"
    CUSTOM = "custom property"
    ASSOCIATION = "association"
    PRIMARY_TEAM = "primary team"
    EXTRA_TEAM = "extra team"


@dataclass(frozen=True)
class Lookup:
    """A reference by the key `by` of things of kind `noun`; `slot` is the column or the property's key.

    `is_optional` leaves out what nobody knows, which otherwise makes the row bad.
    """

    name: str
    role: Role
    slot: str
    noun: str
    by: str
    source: Source
    separator: str = ""
    is_optional: bool = False
    label_id: int | None = None

    def texts(self, row: Texts) -> list[str]:
        """What the row refers by: nothing, a text or several; raises BadCell."""
        text = self.source.text(row)
        if text is None or not self.separator:
            return [] if text is None else [text]
        return list(dict.fromkeys(filter(None, map(str.strip, text.split(self.separator)))))


def read_user(parent: Section, field: Field, targets: dict[str, Target]) -> Lookup:
    """The user that a property holds."""
    if field.property_id is None:
        return _lookup(parent, field.key, targets[USER], Role.COLUMN, field.columns[0])
    return _lookup(parent, field.key, targets[USER], Role.CUSTOM, field.key)


def read_team(parent: Section, key: str, targets: dict[str, Target], role: Role) -> Lookup:
    """A user's primary team, or the extra ones."""
    return _lookup(
        parent, key, targets[TEAM], role, key, keys=TEAM_KEYS if role is Role.EXTRA_TEAM else LOOKUP_KEYS
    )


def read_end(parent: Section, key: str, targets: dict[str, Target]) -> Lookup | None:
    """One of the two things that a row associates; the key or `to` names its record type."""
    target = _to(parent, key, targets)
    if target is None:
        return None
    return _lookup(parent, key, target, Role.ASSOCIATION, key, keys=(*LOOKUP_KEYS, "to"))


def read_association(
    parent: Section, key: str, target: Target, targets: dict[str, Target], catalogue: Catalogue
) -> Lookup | None:
    """What a record is associated with: a link that it has, or any other record."""
    link = target.links.get(key)
    if link is not None:
        return _lookup(parent, key, targets[link.noun], Role.COLUMN, link.column)
    other = _to(parent, key, targets)
    if other is None:
        return None
    label_id = read_label(_options(parent, key), target.noun, other.noun, catalogue)
    return _lookup(parent, key, other, Role.ASSOCIATION, key, keys=ASSOCIATION_KEYS, label_id=label_id)


def read_label(section: Section, from_noun: str, to_noun: str, catalogue: Catalogue) -> int | None:
    """The id of the label that the section gives to its associations."""
    label = section.text("label")
    if not label:
        return None
    key = (from_noun, to_noun, slug(label))
    wanted = {
        "from_type": from_noun,
        "to_type": to_noun,
        "key": key[2],
        "label": label,
        "inverse_label": section.text("inverse_label") or None,
    }
    return catalogue.declare(catalogue.labels, key, wanted).id


def _to(parent: Section, key: str, targets: dict[str, Target]) -> Target | None:
    nouns = [noun for noun, target in targets.items() if target.is_record]
    noun = _options(parent, key).text("to", key)
    if noun in nouns:
        return targets[noun]
    parent.problem(
        f"'{noun}' is no record type to associate with; name it, or say to = one of {listed(nouns)}", key
    )
    return None


def _options(parent: Section, key: str) -> Section:
    is_table = isinstance(parent.table[key], dict)
    return parent.part(key) if is_table else Section(parent.document, (*parent.place, key), {})


def _lookup(
    parent: Section,
    key: str,
    target: Target,
    role: Role,
    slot: str,
    *,
    keys: tuple[str, ...] = LOOKUP_KEYS,
    label_id: int | None = None,
) -> Lookup:
    source, section = read_source(parent, key)
    section.only(keys)
    by = section.choice("by", target.keys, EXTERNAL_ID)
    unknown = section.choice("unknown", (REJECT, IGNORE), REJECT)
    separator = section.text("separator")
    return Lookup(key, role, slot, target.noun, by, source, separator, unknown == IGNORE, label_id)
