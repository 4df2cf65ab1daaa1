"""Services: what is being done for customers, as a record type of its own."""

import sqlalchemy as sa

from services_tab.demo import add_services
from services_tab.settings import ServicesSettings
from services_tab.types import Service, ServicesTab
from tabard import Company, Permission, Pipeline, Tab, decode_ids, keys, property_is, table_of
from tabard.columns import Identifier, money, searchable

tab = Tab(
    "services",
    noun="Service",
    title="Services",
    root=ServicesTab,
    settings=ServicesSettings,
    policy=Permission.WORKSPACE,
    position=30,
    shown_by_default=True,
)

service = tab.record_table(
    "service",
    *searchable("name", nullable=False),
    sa.Column("category", sa.String(255)),
    *money("total_cost"),
    sa.Column("starts_on", sa.Date),
    sa.Column("target_end_on", sa.Date),
    sa.Column("renewal_on", sa.Date),
    sa.Column("company_id", Identifier),
    pipelines=True,
    parents={"company_id": Company},
)
tab.record(
    Service,
    table=service,
    properties=["name", "category", "total_cost", "starts_on", "target_end_on", "renewal_on"],
    pipelines=True,
)
tab.one(
    Service, "company", to=Company, key="company_id", description="The customer served; null without one."
)
tab.connection(
    Company,
    "services",
    to=Service,
    by="company_id",
    order="-created_at",
    description="Services for the company.",
)


@tab.connection(
    ServicesTab, to=Service, description="Services whose CSM is the user, those that renew first on top."
)
def owned(root: ServicesTab) -> sa.Select[tuple[int]]:
    table = table_of(Service)
    is_owned = property_is(Service, root.settings.csm_property, root.subject.user_id)
    owned = sa.select(table.c.id).where(is_owned).order_by(table.c.renewal_on, table.c.name_folded)
    shown = decode_ids(Pipeline, root.settings.pipelines)
    return owned.where(keys(table.c.pipeline_id, shown)) if shown else owned


@tab.connection(ServicesTab, to=Pipeline, description="The pipelines that the tab shows, in their order.")
def pipelines(root: ServicesTab) -> sa.Select[tuple[int]]:
    pipeline = table_of(Pipeline)
    every = (
        sa.select(pipeline.c.id).where(pipeline.c.object_type == "service").order_by(pipeline.c.display_order)
    )
    shown = decode_ids(Pipeline, root.settings.pipelines)
    return every.where(keys(pipeline.c.id, shown)) if shown else every


tab.demo(add_services)
