"""The viewer's day is the day where the viewer is."""

from datetime import UTC, date, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tabard import Subject
from tabard.viewer import Viewer
from tests.tabard.samples import viewer

ZONES = st.sampled_from(["UTC", "Europe/Rome", "Pacific/Kiritimati", "Pacific/Pago_Pago", "Asia/Kolkata"])
INSTANTS = st.integers(0, 4_000_000_000).map(lambda second: datetime.fromtimestamp(second, UTC))


@pytest.mark.parametrize(
    ("zone", "instant", "today"),
    [
        ("UTC", datetime(2026, 3, 29, 23, 59, tzinfo=UTC), date(2026, 3, 29)),
        ("Europe/Rome", datetime(2026, 3, 28, 22, 59, tzinfo=UTC), date(2026, 3, 28)),
        ("Europe/Rome", datetime(2026, 3, 28, 23, 0, tzinfo=UTC), date(2026, 3, 29)),
        ("Europe/Rome", datetime(2026, 3, 29, 22, 0, tzinfo=UTC), date(2026, 3, 30)),
        ("Pacific/Kiritimati", datetime(2026, 1, 1, 10, 0, tzinfo=UTC), date(2026, 1, 2)),
        ("Pacific/Pago_Pago", datetime(2026, 1, 1, 10, 59, tzinfo=UTC), date(2025, 12, 31)),
    ],
)
def test_today_is_counted_in_the_viewers_zone(zone: str, instant: datetime, today: date) -> None:
    assert viewer(time_zone=zone, now=instant).today == today


@given(ZONES, INSTANTS)
def test_subject_has_the_viewers_day(zone: str, instant: datetime) -> None:
    who = viewer(time_zone=zone, now=instant)

    subject = Subject.of(who)

    assert subject == Subject(7, zone, who.today, instant)
    assert abs((subject.today - instant.date()).days) <= 1


def test_tab_has_no_subject_without_somebody() -> None:
    with pytest.raises(AssertionError, match=r"^a tab is only made for a signed-in viewer$"):
        Subject.of(Viewer())
