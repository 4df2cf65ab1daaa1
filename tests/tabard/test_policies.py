"""Who may do what: the policies, and the permission matrix written by hand."""

from dataclasses import FrozenInstanceError, replace
from pathlib import Path

import pytest
import sqlalchemy as sa
import strawberry

from tabard import Own, Permission, Public, Seat, SignedIn, Subject, SuperAdmin, WorkspaceReader
from tabard.errors import Forbidden, Unauthenticated
from tabard.plans import STARTER
from tabard.policies import REASONS, Policy
from tabard.viewer import ANONYMOUS, SETTINGS_REQUIRE_SEAT, Viewer, denied
from tests.tabard.samples import answering, tab, viewer

WORKSPACE, SETTINGS, PARTNER = Permission.WORKSPACE, Permission.MANAGE_SETTINGS, Permission.PARTNER
SEAT_FOR_SETTINGS = frozenset({SETTINGS_REQUIRE_SEAT})
VIEWERS = {
    "anonymous": ANONYMOUS,
    "no permission": viewer(),
    "no permission, no seat": viewer(seat=False),
    "workspace + seat": viewer(WORKSPACE),
    "workspace, no seat": viewer(WORKSPACE, seat=False),
    "manager + seat": viewer(WORKSPACE, SETTINGS),
    "manager, no seat": viewer(WORKSPACE, SETTINGS, seat=False),
    "partner": viewer(PARTNER, seat=False),
    "super admin + seat": viewer(admin=True),
    "super admin, no seat": viewer(seat=False, admin=True),
    "super admin, no seat, seat required": viewer(seat=False, admin=True, features=SEAT_FOR_SETTINGS),
    "super admin + seat, seat required": viewer(admin=True, features=SEAT_FOR_SETTINGS),
    "super admin + seat, starter": viewer(admin=True, plan=STARTER),
    "manager + seat, starter": viewer(WORKSPACE, SETTINGS, plan=STARTER),
    "partner, starter": viewer(PARTNER, seat=False, plan=STARTER),
}
POLICIES: dict[str, Policy] = {
    "Public": Public,
    "SignedIn": SignedIn,
    "Seat": Seat,
    "SuperAdmin": SuperAdmin,
    "WORKSPACE": WORKSPACE,
    "MANAGE_SETTINGS": SETTINGS,
    "PARTNER": PARTNER,
    "WorkspaceReader": WorkspaceReader,
    "SETTINGS & Seat": SETTINGS & Seat,
}
OK, SIGN, SEAT, PERM, ADMIN, PLAN = (
    None,
    "SIGN_IN_REQUIRED",
    "SEAT_REQUIRED",
    "PERMISSION_REQUIRED",
    "SUPER_ADMIN_REQUIRED",
    "PLAN_REQUIRED",
)
# Rows are viewers, columns the policies above, in their order.
MATRIX = {
    "anonymous": (OK, SIGN, SIGN, SIGN, SIGN, SIGN, SIGN, SIGN, SIGN),
    "no permission": (OK, OK, OK, ADMIN, PERM, PERM, PERM, PERM, PERM),
    "no permission, no seat": (OK, OK, SEAT, ADMIN, PERM, PERM, PERM, PERM, PERM),
    "workspace + seat": (OK, OK, OK, ADMIN, OK, PERM, PERM, OK, PERM),
    "workspace, no seat": (OK, OK, SEAT, ADMIN, SEAT, PERM, PERM, SEAT, PERM),
    "manager + seat": (OK, OK, OK, ADMIN, OK, OK, PERM, OK, OK),
    "manager, no seat": (OK, OK, SEAT, ADMIN, SEAT, SEAT, PERM, SEAT, SEAT),
    "partner": (OK, OK, SEAT, ADMIN, PERM, PERM, OK, PERM, PERM),
    "super admin + seat": (OK, OK, OK, OK, OK, OK, OK, OK, OK),
    "super admin, no seat": (OK, OK, SEAT, OK, SEAT, OK, OK, OK, SEAT),
    "super admin, no seat, seat required": (OK, OK, SEAT, OK, SEAT, SEAT, OK, OK, SEAT),
    "super admin + seat, seat required": (OK, OK, OK, OK, OK, OK, OK, OK, OK),
    "super admin + seat, starter": (OK, OK, OK, OK, PLAN, PLAN, OK, PLAN, PLAN),
    "manager + seat, starter": (OK, OK, OK, ADMIN, PLAN, PLAN, PERM, PLAN, PLAN),
    "partner, starter": (OK, OK, SEAT, ADMIN, PLAN, PLAN, OK, PLAN, PLAN),
}


@pytest.mark.promise("P3")
@pytest.mark.parametrize("who", VIEWERS)
def test_permission_matrix_holds(who: str) -> None:
    denials = {name: policy.denial(VIEWERS[who]) for name, policy in POLICIES.items()}

    assert denials == dict(zip(POLICIES, MATRIX[who], strict=True))


@pytest.mark.parametrize("policy", POLICIES.values(), ids=POLICIES)
@pytest.mark.parametrize("other", POLICIES.values(), ids=POLICIES)
def test_combined_policies_allow_what_their_logic_says(policy: Policy, other: Policy) -> None:
    for who in VIEWERS.values():
        left, right = policy.denial(who), other.denial(who)
        assert (policy & other).denial(who) == (left or right)
        assert (policy | other).denial(who) == (left if left and right else None)


def test_policy_combined_with_itself_is_itself() -> None:
    assert WORKSPACE & WORKSPACE is WORKSPACE
    assert SuperAdmin | SuperAdmin is SuperAdmin


def test_policies_describe_themselves_for_the_printed_matrix() -> None:
    described = [policy.describe() for policy in POLICIES.values()]

    assert described == [
        "anyone",
        "any user of the portal",
        "a Service seat",
        "super admin",
        "the permission CUSTOMER_SUCCESS_WORKSPACE",
        "the permission MANAGE_CUSTOMER_SUCCESS_SETTINGS",
        "the permission PARTNER_DASHBOARD",
        "(the permission CUSTOMER_SUCCESS_WORKSPACE or (super admin and a plan with the workspace))",
        "(the permission MANAGE_CUSTOMER_SUCCESS_SETTINGS and a Service seat)",
    ]


def test_own_rows_need_somebody_whose_rows_they_are() -> None:
    policy = Own(lambda table, actor: table.c.owner_id == actor)
    table = sa.table("note", sa.column("owner_id"))

    assert policy.denial(ANONYMOUS) == "SIGN_IN_REQUIRED"
    assert policy.denial(viewer(seat=False)) is None
    assert policy.describe() == "own rows"
    assert str(policy.rule(table, sa.literal_column("7"))) == "note.owner_id = 7"


def test_require_passes_or_tells_the_reason() -> None:
    viewer(WORKSPACE).require(WORKSPACE)
    with pytest.raises(Forbidden) as caught:
        viewer(WORKSPACE, seat=False).require(WORKSPACE)
    with pytest.raises(Unauthenticated) as unknown:
        ANONYMOUS.require(WORKSPACE)

    assert caught.value.extensions == {"code": "FORBIDDEN", "reason": "SEAT_REQUIRED"}
    assert caught.value.message == "This needs an assigned Service seat; ask a super admin to assign one."
    assert unknown.value.extensions == {"code": "UNAUTHENTICATED", "reason": "SIGN_IN_REQUIRED"}
    assert unknown.value.message == "Sign in first: send a bearer token in the Authorization header."


def test_every_reason_has_words() -> None:
    given = {reason for row in MATRIX.values() for reason in row if reason}

    assert given == set(REASONS)
    assert denied("SOMETHING_ELSE").message == "You may not use this."


def test_viewer_is_frozen() -> None:
    with pytest.raises(FrozenInstanceError):
        viewer().is_super_admin = True  # type: ignore[misc]


def test_viewer_without_a_name_may_nothing_but_the_public() -> None:
    assert not Viewer().is_signed_in
    assert replace(Viewer(), user_id=1).is_signed_in


@strawberry.type
class WorkTab:
    subject: strawberry.Private[Subject]
    note: str = "open"


@strawberry.type
class ReadTab:
    subject: strawberry.Private[Subject]
    note: str = "open"


STATES = {
    "no permission": ("PERMISSION_REQUIRED", "PERMISSION_REQUIRED"),
    "no permission, no seat": ("PERMISSION_REQUIRED", "PERMISSION_REQUIRED"),
    "workspace + seat": (None, None),
    "workspace, no seat": ("SEAT_REQUIRED", "SEAT_REQUIRED"),
    "manager + seat": (None, None),
    "manager, no seat": ("SEAT_REQUIRED", "SEAT_REQUIRED"),
    "super admin + seat": (None, None),
    "super admin, no seat": ("SEAT_REQUIRED", None),
}


@pytest.mark.row("A3")
@pytest.mark.promise("P3")
async def test_tab_answers_exactly_those_whom_its_policy_allows(tmp_path: Path) -> None:
    work = tab("work", WorkTab, policy=WORKSPACE, hideable=False)
    read = tab("read", ReadTab, policy=WorkspaceReader, hideable=False)
    document = "{ workspace { tabs { key state reason } work { note } read { note } } }"
    async with answering(tmp_path, work, read) as answers:
        for who, reasons in STATES.items():
            answer = await answers.ask(document, VIEWERS[who])
            if answer.data["workspace"] is None:
                assert reasons[0] == reasons[1] is not None, who
                assert [path for path, *_ in answer.errors] == [["workspace"]], who
                continue
            shown = {info["key"]: info for info in answer.data["workspace"]["tabs"]}
            for name, reason in zip(("work", "read"), reasons, strict=True):
                state = "FORBIDDEN" if reason else "VISIBLE"
                assert shown[name] == {"key": name, "state": state, "reason": reason}, who
                assert answer.data["workspace"][name] == (None if reason else {"note": "open"}), who
            forbidden = [["workspace", name] for name in ("work", "read") if shown[name]["reason"]]
            assert [path for path, code, _ in answer.errors if code == "FORBIDDEN"] == forbidden, who


async def test_a_policy_that_is_put_together_on_the_spot_is_asked_like_any_other(tmp_path: Path) -> None:
    async with answering(tmp_path) as answers:
        context = answers.graph.context(viewer(WORKSPACE))
        for _ in range(100):
            context.require(SignedIn & WORKSPACE)
            with pytest.raises(Forbidden):
                context.require(SignedIn & SuperAdmin)
        await context.close()
