"""Subject: whose tab is shown, and which day it is for them."""

from dataclasses import dataclass
from datetime import date, datetime

from tabard.viewer import COMPANY, Viewer


@dataclass(frozen=True)
class Subject:
    """The user whose records a tab shows: the viewer, or the user a super admin views.

    `today` and `now` are theirs, in `time_zone` (IANA name); `now` is an instant in UTC. `account_object`
    is the key of the record type that stands for customers.
    """

    user_id: int
    time_zone: str
    today: date
    now: datetime
    account_object: str = COMPANY

    @classmethod
    def of(cls, viewer: Viewer, account_object: str = COMPANY) -> "Subject":
        assert viewer.user_id is not None, "a tab is only made for a signed-in viewer"
        return cls(viewer.user_id, viewer.time_zone, viewer.today, viewer.now, account_object)
