"""Response: results and errors as bytes, with the status that goes with them."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import orjson
from graphql import ExecutionResult, GraphQLError
from starlette.responses import Response

from gateway.codes import Code
from gateway.documents.price import Quote
from gateway.media import GRAPHQL_RESPONSE, JSON
from gateway.problem import Problem, from_exception, from_execution
from gateway.refusal import LimitExceeded, Refusal

FIELDS = 10
CONTENT_TYPES = {name: f"{name}; charset=utf-8".encode() for name in (JSON, GRAPHQL_RESPONSE)}


@dataclass(slots=True)
class Responder:
    """Writes the answers to one request."""

    request_id: str
    media_type: str = JSON
    most_errors: int = 10
    most_bytes: int = 5_242_880
    is_development: bool = False
    codes: Counter[str] = field(default_factory=Counter)
    """Counts the errors of all answers."""

    def result(self, result: ExecutionResult, quote: Quote, limit: int) -> tuple[Response, int]:
        """The answer to an executed operation and its cost; without `data` when execution never began."""
        errors = result.errors or []
        shown = self._shown(errors) if errors else []
        if result.data is None and shown and all(problem.path is None for problem in shown):
            return self.problems(shown), 1
        data = orjson.dumps(result.data)
        if len(data) > self.most_bytes:
            what = "The answer has too many bytes"
            raise LimitExceeded(Code.ANSWER_TOO_LARGE, what, limit=self.most_bytes, actual=len(data))
        spent = quote.spent(data)
        cost = {"requested": quote.cost, "actual": spent, "nodes": quote.nodes, "limit": limit}
        extensions = {**(result.extensions or {}), "cost": cost}
        if len(errors) > len(shown):
            extensions["omittedErrors"] = len(errors) - len(shown)
        listed = b'"errors":%b,' % orjson.dumps(self._formatted(shown)) if shown else b""
        content = b'{%b"data":%b,"extensions":%b}' % (listed, data, orjson.dumps(extensions))
        return Answer(content, 200, self.media_type), spent

    def _shown(self, errors: Sequence[GraphQLError]) -> list[Problem]:
        # The graph gives at most ten for each field, so that a client can tell a failure from an empty value.
        chosen = choose(errors, FIELDS * self.most_errors)
        return [from_execution(error, is_development=self.is_development) for error in chosen]

    def problems(self, problems: Sequence[Problem], headers: Mapping[str, str] | None = None) -> Response:
        """The answer to a request that was not executed; the first problem gives the status."""
        code = problems[0].code
        status = code.json_status if self.media_type == JSON else code.status
        errors = {"errors": self._formatted(problems[: self.most_errors])}
        answer = Answer(orjson.dumps(errors), status, self.media_type)
        answer.headers.update(headers or {})
        return answer

    def unopened(self, errors: Sequence[GraphQLError]) -> Response:
        """The answer to a subscription of which there is no stream."""
        return self.problems([from_execution(error, is_development=self.is_development) for error in errors])

    def failure(self, error: Exception) -> Response:
        """The answer to a request that ended in an exception."""
        problem = from_exception(error)
        return self.problems([problem], headers_of(error, problem))

    def _formatted(self, problems: Sequence[Problem]) -> list[dict[str, Any]]:
        self.codes.update(problem.code.value for problem in problems)
        return [problem.formatted(self.request_id) for problem in problems]


class Answer(Response):
    """An answer in JSON, with its headers as they are sent; Starlette would encode the same ones anew each time."""

    def __init__(self, content: bytes, status: int, media_type: str) -> None:
        self.status_code = status
        self.background = None
        self.body = content
        self.raw_headers = [
            (b"content-type", CONTENT_TYPES[media_type]),
            (b"content-length", b"%d" % len(content)),
        ]


def headers_of(error: Exception, problem: Problem) -> dict[str, str]:
    """The headers that tell the client's machinery what the error tells its people."""
    headers = dict(error.headers) if isinstance(error, Refusal) else {}
    if problem.code is Code.UNAUTHENTICATED:
        headers["www-authenticate"] = 'Bearer realm="graphql"'
    if (seconds := problem.extensions.get("retryAfter")) is not None:
        headers["retry-after"] = str(seconds)
    return headers


def choose(errors: Sequence[GraphQLError], most: int) -> list[GraphQLError]:
    """As many errors as an answer may have, of as many different fields as possible, in their order."""
    if len(errors) <= most:
        return list(errors)
    earlier: Counter[tuple[str, ...]] = Counter()
    ranked: list[tuple[int, int]] = []
    for position, error in enumerate(errors):
        place = tuple(key for key in error.path or () if isinstance(key, str))
        ranked.append((earlier[place], position))
        earlier[place] += 1
    return [errors[position] for position in sorted(position for _, position in sorted(ranked)[:most])]
