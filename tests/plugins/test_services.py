"""The Services tab brings a record type that has everything a record of the core has."""

import pytest
import sqlalchemy as sa

from tabard.testing import Gateway

OWNED = (
    "{ workspace { services { owned(first: 100) { totalCount nodes { name renewalOn owner { name } } } } } }"
)


@pytest.mark.row("E1")
async def test_it_lists_the_services_that_the_viewer_looks_after_those_that_renew_first_on_top(
    gateway: Gateway,
) -> None:
    _, user_id = await gateway.identity("csm")
    service = gateway.graph.database.tables.tables["service"]
    rows = await gateway.fetch(sa.select(service.c.name).where(service.c.owner_id == user_id))
    owned = (await gateway.query(OWNED))["workspace"]["services"]["owned"]
    assert owned["totalCount"] == len(rows) > 0
    dates = [node["renewalOn"] for node in owned["nodes"]]
    known = [date for date in dates if date is not None]
    assert dates == sorted(known) + [None] * (len(dates) - len(known))


async def test_a_service_has_properties_pipeline_company_and_associations(gateway: Gateway) -> None:
    data = await gateway.query(
        """query ($id: ID!) { node(id: $id) { ... on Service {
          name version
          category: property(key: "category") { key ... on TextPropertyValue { text } }
          pipeline { objectType } stage { label } company { name services { nodes { name } } }
          associatedCompanies { totalCount } associatedServices { totalCount }
        } } }""",
        {"id": await gateway.some_id("service")},
    )
    service = data["node"]
    assert service["category"]["text"] in ("Onboarding", "Consulting", "Maintenance", "Training")
    assert service["pipeline"]["objectType"] == "service"
    assert service["name"] in {item["name"] for item in service["company"]["services"]["nodes"]}
    assert service["associatedServices"]["totalCount"] == 0


async def test_services_have_a_list_of_their_own_on_query(gateway: Gateway) -> None:
    data = await gateway.query("{ services(first: 3) { totalCount nodes { name } } }")
    assert len(data["services"]["nodes"]) == 3 < data["services"]["totalCount"]
