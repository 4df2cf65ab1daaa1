"""User errors: the expected failures of a mutation, as data in its payload."""

import enum
from collections.abc import Callable
from typing import TypeVar

import strawberry

from tabard.errors import Fault


@strawberry.enum(description="What kind of thing is wrong.")
class UserErrorCode(enum.Enum):
    INVALID = strawberry.enum_value("INVALID", description="A value cannot be used.")
    REQUIRED = strawberry.enum_value("REQUIRED", description="A value is missing.")
    NOT_FOUND = strawberry.enum_value(
        "NOT_FOUND", description="There is no such thing, or the viewer cannot see it."
    )
    FORBIDDEN = strawberry.enum_value("FORBIDDEN", description="The viewer may not do this to this thing.")
    CONFLICT = strawberry.enum_value("CONFLICT", description="The change contradicts what is stored.")
    STALE = strawberry.enum_value("STALE", description="Somebody changed it since it was read.")
    LIMIT_REACHED = strawberry.enum_value("LIMIT_REACHED", description="No more of these are allowed.")
    CONFIRMATION_REQUIRED = strawberry.enum_value(
        "CONFIRMATION_REQUIRED", description="An irreversible action lacks `confirmIrreversible: true`."
    )


@strawberry.interface(
    description="An expected failure of a mutation. When there is one, nothing was written."
)
class UserError:
    message: str = strawberry.field(description="What happened and what to do; safe to show.")
    code: UserErrorCode = strawberry.field(description="What kind of thing is wrong.")
    reason: str = strawberry.field(
        description="Open dotted key for the exact rule, e.g. `workspace.name_taken`."
    )
    path: list[str] | None = strawberry.field(
        description="Where in the arguments, e.g. `input`, `name`; null for the whole mutation."
    )


@strawberry.type(description="A failure without further details.")
class GeneralError(UserError):
    pass


@strawberry.type(description="`ifVersion` is not the current version.")
class StaleVersionError(UserError):
    current_version: int = strawberry.field(description="The version now; read again before trying again.")


@strawberry.type(description="A quota is used up.")
class LimitReachedError(UserError):
    limit: int = strawberry.field(description="How many there may be.")
    current: int = strawberry.field(description="How many there are.")


_BY_CODE: dict[str, type[UserError]] = {"STALE": StaleVersionError, "LIMIT_REACHED": LimitReachedError}
_BY_REASON: dict[str, type[UserError]] = {}
ERROR_TYPES = (GeneralError, StaleVersionError, LimitReachedError)
E = TypeVar("E", bound=type[UserError])


def details(reason: str) -> Callable[[E], E]:
    """Says that faults of a reason are shown as this type; its fields are the fault's details."""

    def register(type_: E) -> E:
        _BY_REASON[reason] = type_
        return type_

    return register


def user_error(fault: Fault) -> UserError:
    """The fault as an entry of `userErrors`."""
    detailed = _BY_REASON.get(fault.reason) or _BY_CODE.get(fault.code)
    type_ = detailed if detailed is not None and fault.details else GeneralError
    return type_(
        message=fault.message,
        code=UserErrorCode[fault.code],
        reason=fault.reason,
        path=fault.path,
        **(fault.details if type_ is not GeneralError else {}),
    )
