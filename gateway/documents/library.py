"""Library: finds the document of a request, by its text or by its hash, as far as the client may have it.

A hash comes as `documentId`, or in the extension of Apollo's persisted-query protocol; both mean the same.
"""

from typing import Any

from gateway.codes import Code
from gateway.documents.documents import CheckedDocument, Documents
from gateway.documents.manifest import HASH, Manifest, hash_of
from gateway.documents.trust import Mode, TrustSettings
from gateway.head import Head
from gateway.refusal import Refusal
from gateway.request import GraphQLRequest, malformed

PREFIX = "sha256:"
PROTOCOL_VERSION = 1
# Clients of Apollo's protocol know these two by their messages.
NOT_FOUND = "PersistedQueryNotFound"
NOT_SUPPORTED = "PersistedQueryNotSupported"


class Library:
    """The documents that clients may name, and those that they may send."""

    def __init__(self, documents: Documents, manifest: Manifest, settings: TrustSettings) -> None:
        self.documents = documents
        self._trusted = manifest.texts
        self._settings = settings

    def find(self, request: GraphQLRequest, head: Head) -> CheckedDocument:
        """The request's document, checked; raises Refusal when there is none, or it is not for this client."""
        mode = self._settings.mode_of(head)
        named = hash_in(request)
        if request.query is None:
            return self._named(named, mode, is_link=request.document_id is None)
        if named is None and mode is not Mode.REQUIRE:
            return self.documents.get(request.query)
        return self._sent(request.query, named, mode)

    def _sent(self, text: str, named: str | None, mode: Mode) -> CheckedDocument:
        """A document with its hash is remembered by it, unless only trusted ones are executed."""
        actual = hash_of(text)
        if named is not None and named != actual:
            code = Code.PERSISTED_QUERY_HASH_MISMATCH
            raise Refusal(code, f"{code.meaning} {code.remedy}")
        if mode is Mode.REQUIRE and actual not in self._trusted:
            raise not_allowed()
        return self.documents.get(text, None if mode is Mode.REQUIRE else named)

    def _named(self, named: str | None, mode: Mode, *, is_link: bool) -> CheckedDocument:
        if named is None:
            raise malformed("`query` is missing.")
        if mode is not Mode.OFF and (text := self._trusted.get(named)) is not None:
            return self.documents.get(text)
        if mode is Mode.REQUIRE:
            raise Refusal(Code.PERSISTED_QUERY_NOT_SUPPORTED, NOT_SUPPORTED) if is_link else not_allowed()
        if checked := self.documents.named(named):
            return checked
        raise Refusal(Code.PERSISTED_QUERY_NOT_FOUND, NOT_FOUND)


def not_allowed() -> Refusal:
    """The refusal of a document that is not trusted."""
    code = Code.OPERATION_NOT_ALLOWED
    return Refusal(code, f"{code.meaning} {code.remedy}")


def hash_in(request: GraphQLRequest) -> str | None:
    """The hash by which a request names its document; refuses what is no hash, and two different ones."""
    persisted = request.extensions.get("persistedQuery")
    if request.document_id is None and persisted is None:
        return None
    given = set()
    if request.document_id is not None:
        if not request.document_id.startswith(PREFIX):
            raise malformed(f"`documentId` does not begin with `{PREFIX}`.")
        given.add(request.document_id.removeprefix(PREFIX))
    if persisted is not None:
        given.add(hash_of_link(persisted))
    if len(given) > 1:
        raise malformed("`documentId` and `persistedQuery` name different documents.")
    (only,) = given
    if not HASH.fullmatch(only):
        raise malformed("A document's hash is not 64 lower-case hexadecimal digits.")
    return only


def hash_of_link(persisted: Any) -> str:
    """The hash in the extension of Apollo's protocol."""
    if not isinstance(persisted, dict) or not isinstance(persisted.get("sha256Hash"), str):
        raise malformed("`extensions.persistedQuery` has no `sha256Hash`.")
    if persisted.get("version") != PROTOCOL_VERSION:
        raise Refusal(Code.PERSISTED_QUERY_NOT_SUPPORTED, NOT_SUPPORTED)
    return str(persisted["sha256Hash"])
