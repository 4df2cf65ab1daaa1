"""Limits: how much one request may ask for; each is a setting of the operator."""

from pydantic import BaseModel, ConfigDict, PositiveFloat, PositiveInt


class Limits(BaseModel):
    """The bounds of a request, with the defaults that the documentation promises."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    body_bytes: PositiveInt = 1_048_576
    upload_seconds: PositiveFloat = 10.0
    json_depth: PositiveInt = 64
    document_bytes: PositiveInt = 65_536
    tokens: PositiveInt = 2_000
    depth: PositiveInt = 12
    introspection_depth: PositiveInt = 20
    aliases: PositiveInt = 30
    directives: PositiveInt = 50
    root_fields: PositiveInt = 20
    mutations: PositiveInt = 10
    fragments: PositiveInt = 100
    variables: PositiveInt = 100
    duplicates: PositiveInt = 40
    overlaps: PositiveInt = 5_000
    errors: PositiveInt = 10
    cached_documents: PositiveInt = 1_000
    cached_bytes: PositiveInt = 67_108_864
