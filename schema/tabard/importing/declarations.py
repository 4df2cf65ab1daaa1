"""Declarations: the custom properties and the pipelines that a mapping says the portal has."""

import re
from decimal import Decimal
from typing import Any

from tabard.importing.catalogue import Catalogue, Declared
from tabard.importing.document import Section, listed
from tabard.importing.targets import Target
from tabard.naming import SNAKE, title
from tabard.properties import PropertyKind

PROPERTY_KEYS = ("of", "key", "kind", "label", "description", "group", "options")
PIPELINE_KEYS = ("of", "key", "label", "stages")
STAGE_KEYS = ("key", "label", "closed", "won", "probability")
OPTION_KEYS = ("value", "label")
GROUP = "about"
_MOST = 63


def declare_property(section: Section, targets: dict[str, Target], catalogue: Catalogue) -> None:
    """Enters a `[[property]]` into the catalogue."""
    section.only(PROPERTY_KEYS)
    target, key = _of(section, targets), _key(section)
    kind = section.choice("kind", [kind.name for kind in PropertyKind], PropertyKind.TEXT.name)
    if target is None or not key:
        return
    if key in target.fields and target.fields[key].property_id is None:
        section.problem(
            f"'{key}' is a well-known property of a {target.noun}; leave the declaration out", "key"
        )
        return
    stored = catalogue.properties.get((target.noun, key))
    if stored is not None and stored.wanted["kind"] != kind:
        section.problem(
            f"the {target.noun} property '{key}' has the kind {stored.wanted['kind']} already", "kind"
        )
        return
    kept = stored.wanted["options"] if stored else []
    wanted = {
        "object_type": target.noun,
        "key": key,
        "label": section.text("label", title(key)),
        "description": section.text("description") or None,
        "group_key": section.text("group", GROUP),
        "kind": kind,
        "options": with_options(kept, _options(section, kind)),
    }
    catalogue.declare(catalogue.properties, (target.noun, key), wanted)


def _options(section: Section, kind: str) -> list[dict[str, str]]:
    given = section.table.get("options", [])
    if given and kind != PropertyKind.OPTION.name:
        section.problem("only a property of the kind OPTION has options", "options")
    if not isinstance(given, list):
        section.problem("this must be a list, such as ['Low', 'High']", "options")
        return []
    return [_option(section, item) for item in given]


def _option(section: Section, given: Any) -> dict[str, str]:
    if isinstance(given, str):
        return {"value": given, "label": given}
    if (
        isinstance(given, dict)
        and set(given) == set(OPTION_KEYS)
        and all(isinstance(v, str) for v in given.values())
    ):
        return {"value": given["value"], "label": given["label"]}
    section.problem("an option is a text, or a table such as { value = 'lo', label = 'Low' }", "options")
    return {"value": "", "label": ""}


def with_options(kept: list[dict[str, str]], more: list[dict[str, str]]) -> list[dict[str, str]]:
    """Options and those that come to them; one that is there already gets the new label."""
    return list(
        ({option["value"]: option for option in kept} | {option["value"]: option for option in more}).values()
    )


def declare_pipeline(section: Section, targets: dict[str, Target], catalogue: Catalogue) -> None:
    """Enters a `[[pipeline]]` and its stages into the catalogue."""
    section.only(PIPELINE_KEYS)
    target, key = _of(section, targets), _key(section)
    label = section.text("label", title(key))
    stages = section.parts("stages")
    if not stages:
        section.problem("a pipeline needs at least one stage, in the order of the work", "stages")
    if target is not None and not target.has_pipelines:
        having = [target.noun for target in targets.values() if target.has_pipelines]
        section.problem(f"a {target.noun} has no pipelines; {listed(having)} have", "of")
    if target is None or not key:
        return
    wanted = {"object_type": target.noun, "key": key, "label": label}
    _place_first(catalogue, target.noun, key, wanted)
    pipeline = catalogue.pipelines[target.noun, key]
    _declare_stages(stages, pipeline, catalogue)


def _place_first(catalogue: Catalogue, noun: str, key: str, wanted: dict[str, Any]) -> None:
    """Declares a pipeline behind those that the mapping has declared before it, and before all others."""
    others = {other: pipeline for other, pipeline in catalogue.pipelines_of(noun).items() if other != key}
    place = sum(pipeline.is_declared for pipeline in others.values())
    catalogue.declare(catalogue.pipelines, (noun, key), {**wanted, "display_order": place})
    for order, pipeline in enumerate(others.values()):
        pipeline.wanted = {**pipeline.wanted, "display_order": order if order < place else order + 1}


def _declare_stages(stages: list[Section], pipeline: Declared, catalogue: Catalogue) -> None:
    seen: set[str] = set()
    for order, section in enumerate(stages):
        section.only(STAGE_KEYS)
        key = _key(section)
        if key in seen:
            section.problem(f"the pipeline has a stage '{key}' already", "key")
        seen.add(key)
        is_won = section.flag("won")
        wanted = {
            "pipeline_id": pipeline.id,
            "key": key,
            "label": section.text("label", title(key)),
            "display_order": order,
            "is_closed": section.flag("closed") or is_won,
            "is_won": is_won,
            "probability": _probability(section),
        }
        catalogue.declare(catalogue.stages, (pipeline.id, key), wanted)
    others = [stage for stage in catalogue.stages_of(pipeline) if stage.wanted["key"] not in seen]
    for order, stage in enumerate(others, start=len(stages)):
        stage.wanted = {**stage.wanted, "display_order": order}


def _probability(section: Section) -> Decimal | None:
    given = section.number("probability")
    if given is None or (0 <= given <= 1 and given * 10 == int(given * 10)):
        return None if given is None else given.normalize() + 0
    section.problem("a probability is 0.0 to 1.0, in steps of 0.1", "probability")
    return None


def _of(section: Section, targets: dict[str, Target]) -> Target | None:
    nouns = [noun for noun, target in targets.items() if target.is_record]
    noun = section.needed("of", f"it names the record type, one of {listed(nouns)}")
    if noun and noun not in nouns:
        section.problem(f"there is no record type '{noun}'; there are {', '.join(nouns)}", "of")
    return targets[noun] if noun in nouns else None


def _key(section: Section) -> str:
    key = section.needed("key", "it is the name that stays, such as 'first_call'")
    if key and (not SNAKE.match(key) or len(key) > _MOST):
        section.problem(f"{key!r} is no key: write small letters, digits and single underscores", "key")
    return key


def slug(text: str) -> str:
    """A key made of a label: `Decision maker` -> `decision_maker`."""
    return (
        re.sub(r"[^a-z0-9]+", "_", text.casefold()).strip("_")[:_MOST].strip("_") or text.casefold()[:_MOST]
    )
