"""Documents: everything that depends on a document alone, computed once and kept."""

import re
from collections import OrderedDict
from collections.abc import Container
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from graphql import (
    DocumentNode,
    GraphQLError,
    GraphQLSchema,
    OperationDefinitionNode,
    OperationType,
    Source,
    TokenKind,
    parse,
    validate,
)
from graphql.language import Lexer

from gateway.codes import Code
from gateway.documents.limiter import measure
from gateway.documents.manifest import hash_of
from gateway.documents.price import Price
from gateway.documents.pricing import prices
from gateway.documents.tokens import count_tokens
from gateway.limits import Limits
from gateway.problem import Problem, from_document, from_exception
from gateway.refusal import LimitExceeded, Refusal
from tabard.tracing import span

# Measured: a parsed document keeps about 470 bytes for each token.
BYTES_PER_TOKEN = 500
OTHER = "other"
NUL_ESCAPE = re.compile(r"\\u(?:0000|\{0+\})")


@dataclass(frozen=True, eq=False)
class Operation:
    """One operation of a checked document, with all that is worked out about it before any request.

    `plans` is where an engine keeps what it works out itself; `is_trusted` says that the document is one of the
    operator's.
    """

    document: DocumentNode
    node: OperationDefinitionNode
    price: Price
    is_trusted: bool = False
    plans: dict[str, Any] = field(default_factory=dict)

    @cached_property
    def name(self) -> str | None:
        """Its name in the document."""
        return self.node.name.value if self.node.name else None

    @cached_property
    def kind(self) -> OperationType:
        """Query, mutation or subscription."""
        return self.node.operation

    @cached_property
    def label(self) -> str:
        """What it is counted as: its name where its document is trusted, for clients make up others."""
        return (self.name or OTHER) if self.is_trusted else OTHER


@dataclass(frozen=True, eq=False, slots=True)
class CheckedDocument:
    """A document that may be executed; or the errors why it may not, and then it holds nothing."""

    errors: tuple[Problem, ...] = ()
    operations: dict[str | None, Operation] = field(default_factory=dict)
    weight: int = 0
    names: set[str] = field(default_factory=set)

    def operation(self, name: str | None) -> Operation:
        """The named operation, or the only one; refused when there is none."""
        if name is None and len(self.operations) == 1:
            operation = next(iter(self.operations.values()))
        elif name is None:
            raise unresolved(f"The document holds {len(self.operations)} operations.")
        elif name not in self.operations:
            raise unresolved("The document has no operation of the name given in `operationName`.")
        else:
            operation = self.operations[name]
        return operation

    def is_subscription(self, name: str | None) -> bool:
        """Whether the operation of this name, or the only one, is a subscription."""
        return not self.errors and self.operation(name).kind is OperationType.SUBSCRIPTION


def unresolved(what: str) -> Refusal:
    """The refusal of a request that does not say what to execute."""
    code = Code.OPERATION_RESOLUTION_FAILURE
    return Refusal(code, f"{what} {code.remedy}")


def holds_nul(text: str) -> bool:
    """Whether a string of the document is written with an escape for NUL."""
    if not NUL_ESCAPE.search(text):
        return False
    lexer = Lexer(Source(text))
    while (token := lexer.advance()).kind is not TokenKind.EOF:
        if token.kind is TokenKind.STRING and "\0" in (token.value or ""):
            return True
    return False


class Documents:
    """Parses, limits and validates documents, and remembers the outcome.

    The memory is bounded by count and by bytes; the documents used longest ago are forgotten first.
    Suggestions of field names are part of validation errors only in development. `trusted` holds the hashes of
    the operator's documents.
    """

    def __init__(
        self,
        schema: GraphQLSchema,
        limits: Limits,
        *,
        allows_introspection: bool = True,
        is_development: bool = False,
        trusted: Container[str] = frozenset(),
    ) -> None:
        self._schema = schema
        self._limits = limits
        self._allows_introspection = allows_introspection
        self._is_development = is_development
        self._trusted = trusted
        self._kept: OrderedDict[str, CheckedDocument] = OrderedDict()
        self._texts: dict[str, str] = {}
        self._weight = 0

    def __len__(self) -> int:
        return len(self._kept)

    @property
    def weight(self) -> int:
        """About how many bytes the kept documents take."""
        return self._weight

    def get(self, text: str, name: str | None = None) -> CheckedDocument:
        """The checked document; raises LimitExceeded when the text is too long to look at.

        With a name, its hash, the document can be asked for by it as long as it is kept.
        """
        if checked := self._kept.get(text):
            self._kept.move_to_end(text)
        else:
            checked = self._check(text, self._tokens(text))
            self._keep(text, checked)
        if name is not None and not checked.errors and text in self._kept:
            checked.names.add(name)
            self._texts[name] = text
        return checked

    def named(self, name: str) -> CheckedDocument | None:
        """The document that was kept under a name."""
        text = self._texts.get(name)
        return None if text is None else self.get(text)

    def _tokens(self, text: str) -> int:
        size = len(text.encode())
        if size > (limit := self._limits.document_bytes):
            raise LimitExceeded(
                Code.PAYLOAD_TOO_LARGE, "The document has too many bytes", limit=limit, actual=size
            )
        tokens = count_tokens(text)
        if tokens > (limit := self._limits.tokens):
            raise LimitExceeded(
                Code.TOKEN_LIMIT_EXCEEDED, "The document has too many tokens", limit=limit, actual=tokens
            )
        return tokens

    def _check(self, text: str, tokens: int) -> CheckedDocument:
        weight = 2 * len(text)
        try:
            with span("parse"):
                document = parse(text, max_lexical_tokens=self._limits.tokens)
        except GraphQLError as error:
            return CheckedDocument((from_document(Code.GRAPHQL_PARSE_FAILED, error),), weight=weight)
        if holds_nul(text):
            what = "The document holds the character U+0000, which no text may hold."
            return CheckedDocument((Problem(Code.GRAPHQL_PARSE_FAILED, what),), weight=weight)
        with span("validate"):
            errors = self._problems(document)
        if errors:
            return CheckedDocument(errors, weight=weight)
        is_trusted = hash_of(text) in self._trusted
        priced = prices(self._schema, document)
        operations = [
            Operation(document, node, priced[node.name.value if node.name else None], is_trusted)
            for node in document.definitions
            if isinstance(node, OperationDefinitionNode)
        ]
        by_name = {operation.name: operation for operation in operations}
        return CheckedDocument((), by_name, weight + BYTES_PER_TOKEN * tokens)

    def _problems(self, document: DocumentNode) -> tuple[Problem, ...]:
        size = measure(document, self._limits)
        if refusals := size.refusals(self._limits):
            return tuple(from_exception(refusal) for refusal in refusals)
        if size.introspection_depth and not self._allows_introspection:
            code = Code.INTROSPECTION_DISABLED
            return (from_exception(Refusal(code, f"{code.meaning} {code.remedy}")),)
        errors = validate(
            self._schema,
            document,
            # The last error that graphql-core adds says that there are more.
            max_errors=max(self._limits.errors - 1, 1),
            hide_suggestions=not self._is_development,
        )
        return tuple(from_document(Code.GRAPHQL_VALIDATION_FAILED, error) for error in errors)

    def _keep(self, text: str, checked: CheckedDocument) -> None:
        self._kept[text] = checked
        self._weight += checked.weight
        while self._weight > self._limits.cached_bytes or len(self._kept) > self._limits.cached_documents:
            _, forgotten = self._kept.popitem(last=False)
            self._weight -= forgotten.weight
            for name in forgotten.names:
                del self._texts[name]
