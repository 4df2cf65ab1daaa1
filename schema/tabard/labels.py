"""Labels: the names that people give to things, as they are kept: what can be seen of them."""

import unicodedata

UNSEEN = frozenset(("Cc", "Cf", "Cs"))
# They join letters and emoji to one sign, or are the letters of a flag; alone nobody sees them.
JOINERS = frozenset(map(chr, (0x200C, 0x200D, *range(0xE0020, 0xE0080))))
# Unicode counts these as letters and signs, but they are blank.
BLANKS = frozenset("\u115f\u1160\u2800\u3164\uffa0")


def label(given: str) -> str:
    """A name with single spaces and without what nobody sees; empty where nothing is left to be seen."""
    return " ".join(prose(given).split())


def prose(given: str) -> str:
    """A text of several lines without what nobody sees; empty where nothing is left to be seen."""
    kept = "".join(sign for sign in given if sign.isspace() or sign in JOINERS or not _is_unseen(sign))
    return "" if is_blank(kept) else kept.strip()


def is_blank(text: str) -> bool:
    """Whether nothing of the text can be seen."""
    return not any(map(_is_seen, text))


def _is_unseen(sign: str) -> bool:
    return unicodedata.category(sign) in UNSEEN


def _is_seen(sign: str) -> bool:
    category = unicodedata.category(sign)
    return category[0] not in "MZ" and category not in UNSEEN and sign not in BLANKS
