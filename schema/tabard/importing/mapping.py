"""The mapping: what a mapping file says, checked against the graph, the portal and the files' headers."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from tabard.errors import BadCell
from tabard.importing.catalogue import Catalogue
from tabard.importing.declarations import declare_pipeline, declare_property
from tabard.importing.document import Document, Section
from tabard.importing.fields import custom_field
from tabard.importing.files import FileFormat
from tabard.importing.folder import Folder, RowFile, missing_column
from tabard.importing.habits import KEYS as DEFAULT_KEYS
from tabard.importing.habits import Habits
from tabard.importing.import_reader import ImportReader
from tabard.importing.imports import Import
from tabard.importing.notation import Notation
from tabard.importing.sources import LINE
from tabard.importing.targets import Target
from tabard.properties import PropertyKind

KEYS = ("defaults", "property", "pipeline", "import")


@dataclass(frozen=True)
class Mapping:
    """What to do with which files."""

    targets: dict[str, Target]
    imports: Sequence[Import]
    catalogue: Catalogue
    files: dict[str, RowFile]


def read_mapping(
    document: Document, targets: dict[str, Target], catalogue: Catalogue, folder: Folder
) -> Mapping:
    """The mapping; raises MappingRefused with all that is wrong. Of the files it reads the headers only."""
    root = document.root
    root.only(KEYS)
    habits = _habits(root.part("defaults"), catalogue)
    for section in _once(root.parts("property")):
        declare_property(section, targets, catalogue)
    for section in _once(root.parts("pipeline")):
        declare_pipeline(section, targets, catalogue)
    known = _with_custom(targets, catalogue)
    sections = root.parts("import")
    if not sections:
        root.problem("there is no [[import]], so nothing would be imported")
    read = [ImportReader(section, habits, known, catalogue).read() for section in sections]
    imports = [import_ for import_ in read if import_ is not None]
    _check_required(imports)
    files = _open(imports, folder)
    document.refuse()
    return Mapping(known, imports, catalogue, files)


def _habits(section: Section, catalogue: Catalogue) -> Habits:
    section.only(DEFAULT_KEYS)
    return Habits(FileFormat(""), Notation(catalogue.time_zone, catalogue.currency)).within(section)


def _once(sections: Iterable[Section]) -> list[Section]:
    """The sections; notes each that declares what an earlier one has declared."""
    seen: set[tuple[str, str]] = set()
    found = list(sections)
    for section in found:
        declared = (section.text("of"), section.text("key"))
        if declared in seen and all(declared):
            section.problem(f"the {declared[0]}'s '{declared[1]}' is declared above already", "key")
        seen.add(declared)
    return found


def _with_custom(targets: dict[str, Target], catalogue: Catalogue) -> dict[str, Target]:
    """The targets with the portal's custom properties, also those that are only being declared."""
    known = dict(targets)
    for (noun, key), declared in catalogue.properties.items():
        if noun in known and key not in known[noun].fields:
            field = custom_field(key, PropertyKind[declared.wanted["kind"]], declared.id)
            known[noun] = replace(known[noun], fields={**known[noun].fields, key: field})
    return known


def _check_required(imports: list[Import]) -> None:
    for noun in dict.fromkeys(import_.target.noun for import_ in imports if import_.target):
        of_noun = [import_ for import_ in imports if import_.target and import_.target.noun == noun]
        set_ = {key for import_ in of_noun for key in import_.section.part("properties")}
        target = of_noun[0].target
        for key in target.required if target else ():
            if key not in set_:
                of_noun[0].section.problem(f"a {noun} needs '{key}': say where it comes from", "properties")


def _open(imports: list[Import], folder: Folder) -> dict[str, RowFile]:
    """The files with their headers; notes those that are missing or lack a column."""
    opened: dict[str, RowFile] = {}
    formats: dict[str, FileFormat] = {}
    for import_ in imports:
        name = import_.name
        if name and formats.setdefault(name, import_.format) != import_.format:
            what = "encoding, delimiter, quote or header"
            import_.section.problem(f"an import above reads {name} with another {what}", "file")
        try:
            if name and name not in opened:
                opened[name] = folder.open(import_.format)
        except (BadCell, LookupError) as bad:
            import_.section.problem(f"{name} {bad}", "file")
        if name in opened:
            _check_columns(import_, opened[name])
    return opened


def _check_columns(import_: Import, file: RowFile) -> None:
    document = import_.section.document
    for column, place in import_.columns.items():
        count = file.header.count(column)
        if count > 1:
            document.problem(
                place, f"{file.name} has {count} columns '{column}'; give each a name of its own"
            )
        elif count == 0 and column != LINE and file.has_rows:
            document.problem(place, missing_column(file, column))
