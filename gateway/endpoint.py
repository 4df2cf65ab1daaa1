"""Endpoint: answers `POST /graphql`."""

from graphql import ExecutionResult
from starlette.datastructures import Headers
from starlette.requests import ClientDisconnect
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from gateway.body import Body
from gateway.codes import Code
from gateway.configuration import Configuration
from gateway.credentials import authorization
from gateway.deadline import finish
from gateway.documents import CheckedDocument, Documents
from gateway.engine import Authenticator, Engine
from gateway.envelope import request_id_of
from gateway.media import JSON, negotiate
from gateway.refusal import Refusal
from gateway.request import GraphQLRequest, idempotency_key_of, parse_request, require_json
from gateway.response import Responder


class GraphQLEndpoint:
    """An ASGI application that executes one GraphQL operation a request.

    The order is fixed, the cheapest refusal first: method, media types, bytes, JSON, tokens, limits,
    validation, and only then the token and the graph.
    """

    def __init__(self, engine: Engine, authenticator: Authenticator, configuration: Configuration) -> None:
        self._engine = engine
        self._authenticator = authenticator
        self._configuration = configuration
        self.documents = Documents(
            engine.graphql_schema, configuration.limits, is_development=configuration.development
        )

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        try:
            response = await self._respond(scope, receive)
        except ClientDisconnect:
            return
        await response(scope, receive, send)

    async def _respond(self, scope: Scope, receive: Receive) -> Response:
        headers = Headers(scope=scope)
        accepted = negotiate(", ".join(headers.getlist("accept")))
        responder = self._responder(scope, accepted)
        body = Body(receive, headers, self._configuration.limits)
        try:
            require_post(scope["method"])
            require_acceptable(accepted)
            require_json(headers)
            request = parse_request(await body.read(), self._configuration.limits.json_depth)
            return await self._answer(request, headers, receive, responder)
        except ClientDisconnect:
            raise
        except Exception as error:  # noqa: BLE001 - the border: whatever fails is coded, logged and masked
            response = responder.failure(error)
        if not await body.discard():
            response.headers["connection"] = "close"
        return response

    def _responder(self, scope: Scope, accepted: str | None) -> Responder:
        configuration = self._configuration
        return Responder(
            request_id_of(scope), accepted or JSON, configuration.limits.errors, configuration.development
        )

    async def _answer(
        self, request: GraphQLRequest, headers: Headers, receive: Receive, responder: Responder
    ) -> Response:
        checked = self.documents.get(request.query)
        if checked.errors:
            return responder.problems(checked.errors)
        checked.operation(request.operation_name)
        key = idempotency_key_of(request, headers)
        work = self._execute(request, checked, authorization(headers), key)
        return responder.result(await finish(work, receive, self._configuration.deadline_seconds))

    async def _execute(
        self, request: GraphQLRequest, checked: CheckedDocument, credentials: str | None, key: str | None
    ) -> ExecutionResult:
        async with self._authenticator.authenticate(credentials) as caller:
            return await self._engine.execute(
                document=checked.document,
                operation_name=request.operation_name,
                variables=request.variables,
                caller=caller,
                idempotency_key=key,
            )


def require_post(method: str) -> None:
    """Refuses every other method."""
    if method != "POST":
        code = Code.METHOD_NOT_ALLOWED
        raise Refusal(code, f"{code.meaning} {code.remedy}", headers={"allow": "POST"})


def require_acceptable(media_type: str | None) -> None:
    """Refuses a client that accepts nothing we can write."""
    if media_type is None:
        raise Refusal(Code.NOT_ACCEPTABLE, f"{Code.NOT_ACCEPTABLE.meaning} {Code.NOT_ACCEPTABLE.remedy}")
