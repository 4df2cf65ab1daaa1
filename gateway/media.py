"""Media types: reading `Content-Type`, and choosing the answer's type from `Accept`."""

import re
from collections.abc import Iterator
from functools import lru_cache
from typing import NamedTuple

GRAPHQL_RESPONSE = "application/graphql-response+json"
JSON = "application/json"
EVENT_STREAM = "text/event-stream"
# In this order for callers that leave the choice to us: who does not ask for the newer type gets JSON.
SERVED = (JSON, GRAPHQL_RESPONSE, EVENT_STREAM)

WORD = r"[!#$%&'*+.^_`|~0-9A-Za-z-]++"
QUOTED = r'"(?:[^"\\]|\\.)*+"'
PARAMETER = re.compile(rf"[ \t]*+;[ \t]*+(?:({WORD})=({WORD}|{QUOTED}))?")
MEDIA_TYPE = re.compile(rf"[ \t]*+({WORD}/{WORD})((?:{PARAMETER.pattern})*+)[ \t]*+")
# A quote that nothing closes goes on to the end: what follows it would else be looked at once for each quote.
ITEM = re.compile(rf'(?:[^,"]|{QUOTED}?)++')
WEIGHT = re.compile(r"0(?:\.\d{0,3})?|1(?:\.0{0,3})?")


class MediaType(NamedTuple):
    """A media type or range in lower case, with its parameters."""

    name: str
    parameters: dict[str, str]

    @property
    def is_utf8(self) -> bool:
        """Whether its charset is UTF-8, which is also meant where none is named."""
        return self.parameters.get("charset", "utf-8").lower() == "utf-8"


@lru_cache(maxsize=256)
def parse_media_type(text: str) -> MediaType | None:
    """Reads one media type; None when the text is not one, or names a parameter twice."""
    if not (match := MEDIA_TYPE.fullmatch(text)):
        return None
    pairs = [(name.lower(), unquote(value)) for name, value in PARAMETER.findall(match[2]) if name]
    parameters = dict(pairs)
    return MediaType(match[1].lower(), parameters) if len(parameters) == len(pairs) else None


def unquote(value: str) -> str:
    """The text that a token or quoted string stands for."""
    return re.sub(r"\\(.)", r"\1", value[1:-1]) if value.startswith('"') else value


class Preference(NamedTuple):
    """One range of an `Accept` header: what it covers, and how much the caller wants it."""

    name: str
    weight: float

    @property
    def precision(self) -> int:
        """More for the ranges that say more exactly what they mean."""
        return 2 - self.name.count("*")

    def covers(self, media_type: str) -> bool:
        """Whether the media type is in this range."""
        # Events are for those who name them: whoever reads any text does not mean a stream.
        wide = set() if media_type == EVENT_STREAM else {"*/*", "application/*"}
        return self.name == media_type or self.name in wide


def preferences(accept: str) -> Iterator[Preference]:
    """The ranges of an `Accept` header, in its order; what cannot be read is passed over."""
    for item in ITEM.findall(accept):
        media_type = parse_media_type(item)
        if media_type and media_type.is_utf8:
            weight = media_type.parameters.get("q", "1")
            if WEIGHT.fullmatch(weight):
                yield Preference(media_type.name, float(weight))


def rank(media_type: str, ranges: list[Preference]) -> tuple[float, int] | None:
    """How much the caller wants the type and, negative, where it says so; None when it does not."""
    covering = [(wish.precision, -index) for index, wish in enumerate(ranges) if wish.covers(media_type)]
    if not covering:
        return None
    _, order = max(covering)
    weight = ranges[-order].weight
    return (weight, order) if weight else None


@lru_cache(maxsize=256)
def negotiate(accept: str | None) -> str | None:
    """The media type to answer with: by weight, then by the header's order; None when none is acceptable."""
    if accept is None or not accept.strip():
        return JSON
    ranges = list(preferences(accept))
    ranked = [(standing, name) for name in SERVED if (standing := rank(name, ranges))]
    return max(ranked, key=lambda candidate: candidate[0])[1] if ranked else None


@lru_cache(maxsize=256)
def accepts_events(accept: str) -> bool:
    """Whether the caller says that it can read a stream of events; who accepts anything does not say so."""
    return any(wish.name == EVENT_STREAM and wish.weight for wish in preferences(accept))
