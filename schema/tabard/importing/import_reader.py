"""The import reader: from an `[[import]]` of the mapping file to what it means."""

from typing import Any

from tabard.importing import habits, lookups, staging
from tabard.importing.catalogue import Catalogue
from tabard.importing.document import Section, listed
from tabard.importing.habits import Habits
from tabard.importing.imports import Import, Rights
from tabard.importing.lookups import Lookup, Role
from tabard.importing.places import Place
from tabard.importing.setters import Setter, read_setter
from tabard.importing.sources import KEYS as SOURCE_KEYS
from tabard.importing.sources import Source, read_source
from tabard.importing.staging import read_staging
from tabard.importing.targets import TEAM, USER, Target
from tabard.policies import Permission
from tabard.properties import PropertyKind

ASSOCIATION = "association"
COMMON_KEYS = ("file", "into", "header", "where", "values", *habits.KEYS)
THING_KEYS = (*COMMON_KEYS, "external_id", "distinct", "properties")
RECORD_KEYS = (*THING_KEYS, "associations")
STAGED_KEYS = (*RECORD_KEYS, *staging.KEYS)
USER_KEYS = (*THING_KEYS, "seat", "permissions", "team", "extra_teams")
ASSOCIATION_KEYS = (*COMMON_KEYS, "between", "label", "inverse_label")


class ImportReader:
    """Reads one `[[import]]`; all that is wrong goes to the mapping's problems."""

    def __init__(
        self, section: Section, habits: Habits, targets: dict[str, Target], catalogue: Catalogue
    ) -> None:
        self._section = section
        self._habits = habits.within(section)
        self._targets = targets
        self._catalogue = catalogue
        self._columns: dict[str, Place] = {}

    def read(self) -> Import | None:
        """The import; None when nobody can tell what it makes."""
        nouns = [*self._targets, ASSOCIATION]
        noun = self._section.needed("into", f"it says what rows become, one of {listed(nouns)}")
        self._section.needed("file", "it names the CSV file in the folder")
        if noun == ASSOCIATION:
            return self._associations()
        if noun not in self._targets:
            if noun:
                self._section.problem(
                    f"there is no record type '{noun}'; there are {', '.join(nouns)}", "into"
                )
            return None
        return self._things(self._targets[noun])

    def _things(self, target: Target) -> Import:
        self._section.only(_keys(target))
        if target.unreachable:
            missing = listed(target.unreachable)
            self._section.problem(f"a {target.noun} cannot be imported: no property sets {missing}", "into")
        external_id = self._external_id()
        setters, users = self._properties(target)
        staged = read_staging(self._section, target.noun, self._catalogue) if target.has_pipelines else None
        if staged:
            self._use(staged.pipeline.columns, "pipeline")
            self._use(staged.stage.columns, "stage")
        others = self._associated(target) if target.is_record else self._teams(target)
        return self._made(
            target=target,
            external_id=external_id,
            is_distinct=self._section.flag("distinct"),
            setters=setters,
            lookups=(*users, *others),
            staging=staged,
            rights=_rights(self._section) if target.noun == USER else Rights(),
        )

    def _associations(self) -> Import:
        self._section.only(ASSOCIATION_KEYS)
        between = self._section.part("between")
        ends = [end for key in between if (end := lookups.read_end(between, key, self._targets))]
        label_id = None
        if len(between.table) != 2:
            self._section.problem('name the two records of each row, such as deal = "deal_id"', "between")
        elif len(ends) == 2:
            label_id = lookups.read_label(self._section, ends[0].noun, ends[1].noun, self._catalogue)
        return self._made(lookups=self._used(tuple(ends), "between"), label_id=label_id)

    def _made(self, **parts: Any) -> Import:
        """The import, of these parts and those that every one has."""
        where, values = self._where(), self._values()
        told = self._habits
        return Import(self._section, told.format, told.empty, where, values, dict(self._columns), **parts)

    def _external_id(self) -> Source | None:
        if "external_id" not in self._section:
            self._section.problem(
                "'external_id' is missing: it names the column that tells rows apart for good"
            )
            return None
        source, told = read_source(self._section, "external_id")
        told.only(SOURCE_KEYS)
        self._use(source.columns, "external_id")
        if not source.columns:
            told.problem("an id that is the same for all rows does not tell them apart")
        return source

    def _properties(self, target: Target) -> tuple[tuple[Setter, ...], tuple[Lookup, ...]]:
        section = self._section.part("properties")
        section.only(target.fields)
        setters, users = [], []
        for key in section:
            field = target.fields.get(key)
            if field is None:
                continue
            if field.kind is PropertyKind.USER:
                users.append(lookups.read_user(section, field, self._targets))
                self._use(users[-1].source.columns, "properties", key)
            elif setter := read_setter(section, field, self._habits.notation, self._options(target, key)):
                setters.append(setter)
                self._use(setter.columns, "properties", key)
        return tuple(setters), tuple(users)

    def _options(self, target: Target, key: str) -> list[dict[str, str]]:
        declared = self._catalogue.properties.get((target.noun, key))
        return declared.wanted["options"] if declared else []

    def _associated(self, target: Target) -> tuple[Lookup, ...]:
        section = self._section.part("associations")
        read = (
            lookups.read_association(section, key, target, self._targets, self._catalogue) for key in section
        )
        return self._used(tuple(lookup for lookup in read if lookup), "associations")

    def _teams(self, target: Target) -> tuple[Lookup, ...]:
        roles = {"team": Role.PRIMARY_TEAM, "extra_teams": Role.EXTRA_TEAM} if target.noun == USER else {}
        read = (
            lookups.read_team(self._section, key, self._targets, role)
            for key, role in roles.items()
            if key in self._section
        )
        return self._used(tuple(read))

    def _used(self, found: tuple[Lookup, ...], *place: str) -> tuple[Lookup, ...]:
        for lookup in found:
            self._use(lookup.source.columns, *place, lookup.name)
        return found

    def _where(self) -> dict[str, frozenset[str]]:
        section = self._section.part("where")
        self._use(tuple(section), "where")
        return {column: frozenset(section.texts(column)) for column in section}

    def _values(self) -> dict[str, dict[str, str]]:
        section = self._section.part("values")
        self._use(tuple(section), "values")
        parts = {column: section.part(column) for column in section}
        return {column: {text: part.text(text) for text in part} for column, part in parts.items()}

    def _use(self, columns: tuple[str, ...], *place: str) -> None:
        for column in columns:
            self._columns.setdefault(column, (*self._section.place, *place))


def _keys(target: Target) -> tuple[str, ...]:
    if target.noun in (USER, TEAM):
        return USER_KEYS if target.noun == USER else THING_KEYS
    return STAGED_KEYS if target.has_pipelines else RECORD_KEYS


def _rights(section: Section) -> Rights:
    names = section.texts("permissions")
    known = [permission.value for permission in Permission]
    for name in names:
        if name not in known:
            section.problem(f"there is no permission '{name}'; there are {', '.join(known)}", "permissions")
    has_seat = section.flag("seat") if "seat" in section else None
    return Rights(has_seat, frozenset(names) if "permissions" in section else None)
