"""The address of a database is taken as operators and their hosts write it."""

import pytest

from tabard.errors import ConfigurationInvalid
from tabard.storage.urls import database_url


@pytest.mark.parametrize(
    ("written", "taken"),
    [
        ("postgresql://ada:pw@db/crm", "postgresql+asyncpg://ada:pw@db/crm"),
        ("postgres://ada:pw@db:6432/crm", "postgresql+asyncpg://ada:pw@db:6432/crm"),
        ("postgresql+psycopg://db/crm", "postgresql+asyncpg://db/crm"),
        ("postgres://db/crm?sslmode=require", "postgresql+asyncpg://db/crm?ssl=require"),
        ("postgresql:///crm?host=/run/pg", "postgresql+asyncpg:///crm?host=%2Frun%2Fpg"),
        ("sqlite:///crm.db", "sqlite+aiosqlite:///crm.db"),
    ],
)
def test_a_database_is_reached_by_our_drivers(written: str, taken: str) -> None:
    assert database_url(written).render_as_string(hide_password=False) == taken


@pytest.mark.parametrize(
    ("written", "sentence"),
    [
        ("hunter2", "the database's URL cannot be read; write sqlite:///"),
        ("mysql://db/crm", "Tabard runs on SQLite and PostgreSQL, not on mysql; write sqlite:///"),
        ("sqlite://", "Tabard's SQLite database is a file; write sqlite:///"),
        (
            "postgresql://db/crm?pool=hunter2",
            "the database's URL has the parameter 'pool', which the driver does not know; remove it",
        ),
    ],
)
def test_an_address_of_no_database_is_refused_with_what_to_write(written: str, sentence: str) -> None:
    with pytest.raises(ConfigurationInvalid) as refusal:
        database_url(written)
    assert str(refusal.value).startswith(sentence)
    assert "hunter2" not in str(refusal.value)
