"""Refusal: a request that the edge turns away."""

from typing import Any

from gateway.codes import Code
from tabard.errors import GraphError


class Refusal(GraphError):
    """A request that is not executed; `headers` go with the answer."""

    def __init__(
        self, code: Code, message: str, *, headers: dict[str, str] | None = None, **extensions: Any
    ) -> None:
        self.code = code.value
        super().__init__(message, **extensions)
        self.headers = headers or {}


class LimitExceeded(Refusal):
    """A request that is larger, in one measure, than the operator allows."""

    def __init__(self, code: Code, what: str, *, limit: int, actual: int) -> None:
        message = f"{what}: {actual:,}, but at most {limit:,} are allowed. {code.remedy}"
        super().__init__(code, message, limit=limit, actual=actual)


def wrong_method(allowed: str) -> Refusal:
    """The refusal of a method, with those that are allowed."""
    code = Code.METHOD_NOT_ALLOWED
    return Refusal(code, f"{code.meaning} {code.remedy}", headers={"allow": allowed})
