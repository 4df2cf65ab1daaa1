"""Head: what is known of a request before its body: its method, its headers, and where it comes from."""

from typing import Final, Self

from starlette.types import Scope

KEPT: Final = "tabard.head"


class Head:
    """One request's head. Its headers are gone through once, and then looked up by their names in lower case.

    What a header means is known where it is heeded. `address` is the client's, as far as it is known.
    """

    __slots__ = ("_first", "_given", "address", "method")

    def __init__(self, scope: Scope) -> None:
        # A socket has no method; its handshake is a GET.
        self.method: str = scope.get("method", "GET")
        client = scope.get("client")
        self.address = str(client[0]) if client else "nowhere"
        # They may be something that can be gone through only once, and others read them too.
        self._given: list[tuple[bytes, bytes]] = list(scope["headers"])
        scope["headers"] = self._given
        self._first = dict(reversed(self._given))

    @classmethod
    def of(cls, scope: Scope) -> Self:
        """The head of a request, made when it is first asked for."""
        made: Self | None = scope.get(KEPT)
        if made is None:
            made = scope[KEPT] = cls(scope)
        return made

    def __contains__(self, name: bytes) -> bool:
        return name in self._first

    def first(self, name: bytes) -> str:
        """The header's value, the first where there are several; empty where there is none."""
        return self._first.get(name, b"").decode("latin-1")

    def every(self, name: bytes) -> list[str]:
        """All values of the header, in their order."""
        if name not in self._first:
            return []
        if len(self._first) == len(self._given):
            return [self.first(name)]
        return [value.decode("latin-1") for given, value in self._given if given == name]
