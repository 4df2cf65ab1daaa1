"""Names are kept as people see them: what nobody sees is not part of them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tabard.labels import is_blank, label, prose
from tabard.testing import Gateway

RENAME = """mutation ($company: ID!, $name: String!) {
  recordUpdate(input: { record: $company, properties: [{ key: "name", value: { text: $name } }] }) {
    userErrors { code reason path }
  }
}"""
SEEN = [
    ("  Renewal \t desk\n", "Renewal desk"),
    ("\ufeffRene\u200bwals\u2060", "Renewals"),
    ("\u202edesk", "desk"),
    ("a\x00b\x7f", "ab"),
    # Signs that are joined stay joined: a family, a flag, a heart in colour, a word in Persian.
    ("\U0001f468\u200d\U0001f469\u200d\U0001f467", "\U0001f468\u200d\U0001f469\u200d\U0001f467"),
    (
        "\U0001f3f4\U000e0067\U000e0062\U000e0065\U000e007f",
        "\U0001f3f4\U000e0067\U000e0062\U000e0065\U000e007f",
    ),
    ("\u2764\ufe0f", "\u2764\ufe0f"),
    ("\u0646\u0627\u0645\u0647\u200c\u0627\u06cc", "\u0646\u0627\u0645\u0647\u200c\u0627\u06cc"),
    # A sign that Unicode got after this Python was made.
    ("\U0001fae8", "\U0001fae8"),
]
UNSEEN = [
    "",
    " \t ",
    "\u200b",
    "\u200d\u200c",
    "\u3164",
    "\u2800 \u115f",
    "\ufe0f",
    "\u0301",
    "\x1f\x7f",
    "\xad",
]


@pytest.mark.parametrize(("given_name", "kept"), SEEN)
def test_a_name_is_kept_as_it_is_seen(given_name: str, kept: str) -> None:
    assert label(given_name) == kept


@pytest.mark.parametrize("unseen", UNSEEN)
def test_a_name_that_nobody_sees_is_none(unseen: str) -> None:
    assert (label(unseen), prose(unseen), is_blank(unseen)) == ("", "", True)


@given(st.text())
def test_what_is_kept_is_kept_again_and_is_empty_or_seen(text: str) -> None:
    assert label(label(text)) == label(text)
    assert prose(prose(text)) == prose(text)
    assert is_blank(text) is (not label(text)) is (not prose(text))


def test_a_text_keeps_its_lines() -> None:
    assert prose(" For renewals.\n\nAsk\u200b Ada.  ") == "For renewals.\n\nAsk Ada."


async def test_a_record_cannot_get_a_name_that_nobody_sees(gateway: Gateway) -> None:
    company = await gateway.some_id("company")
    for unseen in UNSEEN:
        done = await gateway.query(RENAME, {"company": company, "name": unseen})
        (error,) = done["recordUpdate"]["userErrors"]
        assert error == {
            "code": "REQUIRED",
            "reason": "property.required",
            "path": ["input", "properties", "0"],
        }
