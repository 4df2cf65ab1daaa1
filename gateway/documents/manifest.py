"""Manifest: the documents that an operator trusts, by the SHA-256 of their text.

Its file has the form of Apollo's persisted-query manifests, which the generators of several clients write too.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import orjson

from tabard.errors import ConfigurationInvalid

FORMAT: Final = "apollo-persisted-query-manifest"
VERSION: Final = 1
HASH: Final = re.compile(r"[0-9a-f]{64}", re.ASCII)


@dataclass(frozen=True)
class TrustedOperation:
    """A document with one operation."""

    name: str
    kind: str
    text: str

    @property
    def hash(self) -> str:
        """By which it is asked for."""
        return hash_of(self.text)


@dataclass(frozen=True)
class Manifest:
    """The texts of trusted documents, by hash."""

    texts: Mapping[str, str] = field(default_factory=dict)


def hash_of(text: str) -> str:
    """The SHA-256 of a text in UTF-8, as clients write it."""
    return hashlib.sha256(text.encode()).hexdigest()


def written(operations: Iterable[TrustedOperation]) -> bytes:
    """The manifest's file, in the order of the operations' names."""
    listed = [
        {"id": operation.hash, "name": operation.name, "type": operation.kind, "body": operation.text}
        for operation in sorted(operations, key=lambda operation: operation.name)
    ]
    content = {"format": FORMAT, "version": VERSION, "operations": listed}
    return orjson.dumps(content, option=orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE)


def read_manifest(path: Path) -> Manifest:
    """The manifest in a file; raises ConfigurationInvalid unless every id is the hash of its text."""
    try:
        content = orjson.loads(path.read_bytes())
    except OSError as error:
        raise unusable(
            path, f"it cannot be read ({error.strerror}); make it with `tabard documents build`"
        ) from error
    except orjson.JSONDecodeError as error:
        raise unusable(path, "it is not JSON") from error
    if not isinstance(content, dict) or (content.get("format"), content.get("version")) != (FORMAT, VERSION):
        raise unusable(path, f"its format is not {FORMAT!r} in version {VERSION}")
    operations = content.get("operations")
    if not isinstance(operations, list):
        raise unusable(path, "it has no list of `operations`")
    return Manifest(dict(_entry(path, entry) for entry in operations))


def _entry(path: Path, entry: Any) -> tuple[str, str]:
    id, text = (entry.get("id"), entry.get("body")) if isinstance(entry, dict) else (None, None)
    if not isinstance(id, str) or not isinstance(text, str):
        raise unusable(path, "an operation lacks its `id` or its `body`")
    if id != hash_of(text):
        raise unusable(path, f"the id {id[:80]!r} is not the SHA-256 of its `body`")
    return id, text


def unusable(path: Path, why: str) -> ConfigurationInvalid:
    """The refusal to start with a manifest."""
    return ConfigurationInvalid(f"the manifest of trusted documents, {path}, cannot be used: {why}")
