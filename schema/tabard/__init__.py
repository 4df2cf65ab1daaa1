"""Tabard: what plugin authors import."""

from tabard.contributions import Argument
from tabard.core import core as _core
from tabard.demo import NewStage, Seeder
from tabard.entities import table_of
from tabard.errors import BadUserInput, Fault, Forbidden, InvalidSetting, TabardError
from tabard.events import Event, EventKind
from tabard.hooks import hookimpl
from tabard.money import Money
from tabard.nouns import account_object_change as _account_object_change
from tabard.nouns import crm as _crm
from tabard.nouns import custom_object_mutations as _custom_object_mutations
from tabard.nouns import layouts as _layouts
from tabard.nouns import live as _live
from tabard.nouns import portal_features as _portal_features
from tabard.nouns import property_values as _property_values
from tabard.nouns import record_mutations as _record_mutations
from tabard.nouns import workspace_mutations as _workspace_mutations
from tabard.nouns.crm import Company, Contact, Deal, Ticket
from tabard.nouns.custom_objects import CustomObject, CustomRecord
from tabard.nouns.layouts import PageLayout
from tabard.nouns.live import RECORD_CHANGED, WORKSPACE_CHANGED
from tabard.nouns.node import Node, Record
from tabard.nouns.nodes import decode_id, decode_ids
from tabard.nouns.people import Team, User
from tabard.nouns.pipelines import Pipeline, Stage
from tabard.nouns.workspace import Workspace
from tabard.plugin import Plugin
from tabard.policies import Own, Permission, Public, Seat, SignedIn, SuperAdmin, WorkspaceReader
from tabard.properties import Property, PropertyKind
from tabard.reader import Columns, Read, Reader
from tabard.reads.related import Via
from tabard.records.conditions import property_is
from tabard.records.writing import change_record, create_record
from tabard.references import ACCOUNT_OBJECT, Chosen, LayoutRef, ObjectRef, PipelineRef, PropertyRef
from tabard.scalars import CurrencyCode
from tabard.settings import Settings
from tabard.storage.keys import keys
from tabard.storage.merging import KEEP_SURVIVOR, MOVE
from tabard.storage.statements import Prepared, parameter
from tabard.subject import Subject
from tabard.tab import Tab
from tabard.viewer import Viewer
from tabard.work import Work

del (
    _account_object_change,
    _core,
    _crm,
    _custom_object_mutations,
    _layouts,
    _live,
    _portal_features,
    _property_values,
    _record_mutations,
    _workspace_mutations,
)

__all__ = [
    "ACCOUNT_OBJECT",
    "KEEP_SURVIVOR",
    "MOVE",
    "RECORD_CHANGED",
    "WORKSPACE_CHANGED",
    "Argument",
    "BadUserInput",
    "Chosen",
    "Columns",
    "Company",
    "Contact",
    "CurrencyCode",
    "CustomObject",
    "CustomRecord",
    "Deal",
    "Event",
    "EventKind",
    "Fault",
    "Forbidden",
    "InvalidSetting",
    "LayoutRef",
    "Money",
    "NewStage",
    "Node",
    "ObjectRef",
    "Own",
    "PageLayout",
    "Permission",
    "Pipeline",
    "PipelineRef",
    "Plugin",
    "Prepared",
    "Property",
    "PropertyKind",
    "PropertyRef",
    "Public",
    "Read",
    "Reader",
    "Record",
    "Seat",
    "Seeder",
    "Settings",
    "SignedIn",
    "Stage",
    "Subject",
    "SuperAdmin",
    "Tab",
    "TabardError",
    "Team",
    "Ticket",
    "User",
    "Via",
    "Viewer",
    "Work",
    "Workspace",
    "WorkspaceReader",
    "change_record",
    "create_record",
    "decode_id",
    "decode_ids",
    "hookimpl",
    "keys",
    "parameter",
    "property_is",
    "table_of",
]
