"""Limits: how much one request may ask for; each is a setting of the operator."""

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, PositiveFloat, PositiveInt

from tabard.connection import MAX_PAGE


class Limits(BaseModel):
    """The bounds of a request, with the defaults that the documentation promises."""

    model_config = ConfigDict(frozen=True, extra="forbid", use_attribute_docstrings=True)

    body_bytes: PositiveInt = 1_048_576
    """Bytes of a request body."""
    upload_seconds: PositiveFloat = 10.0
    """Seconds in which the whole body has to arrive."""
    json_depth: PositiveInt = 64
    """Nesting of the JSON body."""
    document_bytes: PositiveInt = 65_536
    """Bytes of a document."""
    tokens: PositiveInt = 2_000
    """Tokens of a document."""
    depth: PositiveInt = 12
    """Nesting of fields."""
    introspection_depth: PositiveInt = 20
    """Nesting of fields below `__schema` and `__type`."""
    aliases: PositiveInt = 30
    """Aliases of an operation, counted wherever a fragment is spread."""
    directives: PositiveInt = 50
    """Directives of an operation, counted wherever a fragment is spread."""
    fields: PositiveInt = 3_000
    """Fields of an operation, counted wherever a fragment is spread."""
    root_fields: PositiveInt = 20
    """Root fields of a query."""
    mutations: PositiveInt = 10
    """Root fields of a mutation."""
    fragments: PositiveInt = 100
    """Fragments that a document defines."""
    variables: PositiveInt = 100
    """Variables that an operation declares."""
    duplicates: PositiveInt = 40
    """How often one response name is selected at one place of the response."""
    overlaps: PositiveInt = 5_000
    """Comparisons that merging the fragments of a document may take."""
    page: Annotated[int, Field(ge=1, le=MAX_PAGE)] = MAX_PAGE
    """Items of a page: `first` or `last`; never more than 100."""
    nodes: PositiveInt = 10_000
    """Items of all lists of an answer, as far as the document and its variables tell before."""
    cost: PositiveInt = 5_000
    """Cost of a request: the named objects and lists of its answer, 10 for each mutation, 100 for `__schema`."""
    answer_bytes: PositiveInt = 5_242_880
    """Bytes of an answer's `data`."""
    errors: PositiveInt = 10
    """Errors that a refused request lists; an executed one lists ten times as many, `omittedErrors` counts the rest."""
    cached_documents: PositiveInt = 1_000
    """Documents that are kept parsed and checked."""
    cached_bytes: PositiveInt = 67_108_864
    """Bytes of the documents that are kept."""
