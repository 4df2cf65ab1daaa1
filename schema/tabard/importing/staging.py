"""Staging: in which pipeline and stage a row puts its record."""

from dataclasses import dataclass

from tabard.errors import BadCell
from tabard.importing.catalogue import Catalogue, Declared
from tabard.importing.document import Section
from tabard.importing.sources import KEYS as SOURCE_KEYS
from tabard.importing.sources import Source, Texts, read_source
from tabard.importing.values import shown

KEYS = ("pipeline", "stage")
Named = dict[str, Declared]


@dataclass(frozen=True)
class Staging:
    """The pipelines by key and label, the stages of each, and where a row says which."""

    pipeline: Source
    stage: Source
    pipelines: Named
    stages: dict[int, Named]

    def ids(self, row: Texts) -> tuple[int, int]:
        """The ids of a row's pipeline and stage; raises BadCell."""
        pipeline = _named(self.pipelines, self.pipeline.text(row), "pipeline")
        return pipeline.id, _named(self.stages[pipeline.id], self.stage.text(row), "stage").id

    def blame(self, row: Texts) -> str:
        """The column that a BadCell of `ids` is about."""
        name = self.pipeline.text(row) if self.pipeline.columns else None
        is_pipeline = self.pipeline.columns and (name is None or name.casefold() not in self.pipelines)
        return self.pipeline.label if is_pipeline else self.stage.label


def read_staging(section: Section, noun: str, catalogue: Catalogue) -> Staging | None:
    """The staging of an import; None when it puts records in no stage."""
    if not set(KEYS) & set(section):
        return None
    pipelines = catalogue.pipelines_of(noun)
    declared = [key for key, pipeline in pipelines.items() if pipeline.is_declared] or list(pipelines)
    if "stage" not in section or ("pipeline" not in section and len(declared) != 1):
        missing = "stage" if "stage" not in section else "pipeline"
        section.problem(
            f"'{missing}' is missing: say pipeline and stage, or with only one pipeline its stage"
        )
        return None
    pipeline = _source(section, "pipeline") if "pipeline" in section else _only(declared[0])
    stage = _source(section, "stage")
    stages = {pipeline.id: _by_name(catalogue.stages_of(pipeline)) for pipeline in pipelines.values()}
    staging = Staging(pipeline, stage, _by_name(list(pipelines.values())), stages)
    _check_constants(section, staging)
    return staging


def _source(section: Section, key: str) -> Source:
    source, told = read_source(section, key)
    told.only(SOURCE_KEYS)
    return source


def _only(key: str) -> Source:
    return Source((), lambda row: key)


def _check_constants(section: Section, staging: Staging) -> None:
    try:
        if not staging.pipeline.columns:
            pipeline = _named(staging.pipelines, staging.pipeline.text({}), "pipeline")
            if not staging.stage.columns:
                _named(staging.stages[pipeline.id], staging.stage.text({}), "stage")
    except BadCell as bad:
        section.problem(f"this {bad}", "pipeline" if "pipeline" in str(bad) else "stage")


def _by_name(rows: list[Declared]) -> Named:
    """Rows by label and key, whichever case; a key wins over another's label."""
    labels = {row.wanted["label"].casefold(): row for row in rows}
    return labels | {row.wanted["key"].casefold(): row for row in rows}


def _named(rows: Named, name: str | None, what: str) -> Declared:
    if name is None:
        raise BadCell(f"is empty, but says the {what}; a 'default' would fill it")
    if name.casefold() not in rows:
        known = ", ".join(dict.fromkeys(row.wanted["label"] for row in rows.values()))
        raise BadCell(f"{shown(name)} is no {what}; there are: {known}")
    return rows[name.casefold()]
