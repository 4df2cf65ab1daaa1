"""Engine: what the edge needs of the graph behind it."""

from collections.abc import Sequence
from typing import Any, Protocol

from graphql import DocumentNode, ExecutionResult, GraphQLSchema

from tabard.viewer import Viewer


class Probe(Protocol):
    """One thing without which the server cannot answer, e.g. the database."""

    @property
    def name(self) -> str:
        """Short and public: `/readyz` shows it."""

    @property
    def problem(self) -> str | None:
        """What is wrong, for the log; None when all is well."""


class Engine(Protocol):
    """Executes operations against one assembled, frozen schema."""

    @property
    def schema_sdl(self) -> str:
        """The schema as clients read it."""

    @property
    def graphql_schema(self) -> GraphQLSchema:
        """The schema that documents are validated against."""

    async def execute(
        self, *, document: DocumentNode, operation_name: str | None, variables: dict[str, Any], viewer: Viewer
    ) -> ExecutionResult:
        """Executes one query or mutation of a validated document.

        It is cancelled when the client goes away or the deadline passes; a mutation that has reached its
        commit shields itself. Errors with a code of their own are `GraphError`; any other is masked.
        """

    async def ready(self) -> Sequence[Probe]:
        """Looks at everything that answering a request depends on."""


class Authenticator(Protocol):
    """Tells who asks."""

    async def authenticate(self, authorization: str | None) -> Viewer:
        """The viewer that an `Authorization: Bearer` header stands for, anonymous without a header.

        Raises Unauthenticated when the token is not valid.
        """
