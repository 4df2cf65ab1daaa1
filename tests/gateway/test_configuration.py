"""The configuration: its defaults, where it is read from, and what it refuses."""

import json
from typing import Any

import pytest
from pydantic import SecretStr

from gateway.configuration import Configuration, configured
from gateway.limits import Limits
from tabard.errors import ConfigurationInvalid

SECRET = "s" * 32


def test_the_limits_are_those_that_the_documentation_promises() -> None:
    assert Limits().model_dump() == {
        "body_bytes": 1_048_576,
        "upload_seconds": 10.0,
        "json_depth": 64,
        "document_bytes": 65_536,
        "tokens": 2_000,
        "depth": 12,
        "introspection_depth": 20,
        "aliases": 30,
        "directives": 50,
        "fields": 3_000,
        "root_fields": 20,
        "mutations": 10,
        "fragments": 100,
        "variables": 100,
        "duplicates": 40,
        "overlaps": 5_000,
        "page": 100,
        "nodes": 10_000,
        "cost": 5_000,
        "answer_bytes": 5_242_880,
        "errors": 10,
        "cached_documents": 1_000,
        "cached_bytes": 67_108_864,
    }
    assert Configuration().deadline_seconds == 10.0


def test_the_bounds_of_streams_are_those_that_the_documentation_promises() -> None:
    assert Configuration().streams.model_dump() == {
        "process": 1_000,
        "user": 20,
        "operations": 50,
        "message_bytes": 65_536,
        "init_seconds": 10.0,
        "recheck_seconds": 30.0,
        "send_seconds": 30.0,
        "heartbeat_seconds": 12.0,
    }


def test_a_server_is_private_and_strict_unless_told_otherwise() -> None:
    configuration = Configuration()
    assert (configuration.host, configuration.port) == ("127.0.0.1", 8000)
    assert not configuration.development
    assert not configuration.row_level_security
    assert configuration.secret_key is None
    assert configuration.blocked_plugins == frozenset()


def test_every_setting_is_read_from_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    given = {
        "TABARD_DATABASE_URL": "postgresql+asyncpg://tabard@db/tabard",
        "TABARD_HOST": "::1",
        "TABARD_PORT": "9000",
        "TABARD_SECRET_KEY": SECRET,
        "TABARD_DEVELOPMENT": "true",
        "TABARD_ROW_LEVEL_SECURITY": "1",
        "TABARD_BLOCKED_PLUGINS": "revenue, services,",
        "TABARD_DEADLINE_SECONDS": "2.5",
        "TABARD_LIMITS__DEPTH": "15",
        "TABARD_LIMITS__UPLOAD_SECONDS": "3",
        "TABARD_LIMITS__ALIASES": "",
    }
    for name, value in given.items():
        monkeypatch.setenv(name, value)
    configuration = Configuration()
    assert configuration.database_url == SecretStr("postgresql+asyncpg://tabard@db/tabard")
    assert (configuration.host, configuration.port) == ("::1", 9000)
    assert configuration.secret_key == SecretStr(SECRET)
    assert configuration.development
    assert configuration.row_level_security
    assert configuration.blocked_plugins == {"revenue", "services"}
    assert configuration.deadline_seconds == 2.5
    assert configuration.limits == Limits(depth=15, upload_seconds=3)


def test_proxies_are_addresses_or_networks(monkeypatch: pytest.MonkeyPatch) -> None:
    assert Configuration().proxies == {"127.0.0.1", "::1"}
    monkeypatch.setenv("TABARD_PROXIES", "10.0.0.0/8, 2001:db8::7")
    assert configured().proxies == {"10.0.0.0/8", "2001:db8::7"}
    for wrong in ("*", "proxy.example", "10.0.0.0/40"):
        monkeypatch.setenv("TABARD_PROXIES", wrong)
        with pytest.raises(ConfigurationInvalid, match=r"TABARD_PROXIES: .*an address or a network"):
            configured()


@pytest.mark.promise("P15")
def test_secrets_do_not_show_when_the_configuration_does(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TABARD_SECRET_KEY", SECRET)
    monkeypatch.setenv("TABARD_DATABASE_URL", "postgresql+asyncpg://tabard:hunter2@db/tabard")
    shown = f"{Configuration()!r} {Configuration()} {Configuration().model_dump_json()}"
    assert SECRET not in shown
    assert "hunter2" not in shown


@pytest.mark.parametrize(
    ("name", "value", "sentence"),
    [
        ("TABARD_PORT", "hunter2", "TABARD_PORT must be a whole number"),
        ("TABARD_PORT", "70000", "TABARD_PORT must be at most 65535"),
        ("TABARD_DEVELOPMENT", "hunter2", "TABARD_DEVELOPMENT must be true or false"),
        ("TABARD_ENGINE", "hunter2", "TABARD_ENGINE must be 'compiled' or 'stock'"),
        ("TABARD_LIMITS__DEPTH", "0", "TABARD_LIMITS__DEPTH must be greater than 0"),
        (
            "TABARD_LIMITS__DEPHT",
            "1",
            "TABARD_LIMITS__DEPHT is no setting; write TABARD_LIMITS__DEPTH if you mean that, else unset it",
        ),
        (
            "TABARD_DATABASE__HUNTER",
            "1",
            "TABARD_DATABASE__HUNTER is no setting; unset it",
        ),
        ("TABARD_DEADLINE_SECONDS", "-1", "TABARD_DEADLINE_SECONDS must be greater than 0"),
        ("TABARD_ISSUERS", "[hunter2", "TABARD_ISSUERS is not JSON; write it as JSON"),
        ("TABARD_ISSUERS", '{"issuer": "hunter2"}', "TABARD_ISSUERS must be a JSON list"),
        ("TABARD_ISSUERS", '["hunter2"]', "TABARD_ISSUERS[0] must be a JSON object"),
        (
            "TABARD_ISSUERS",
            '[{"issuer": 5, "audience": "tabard", "jwks_url": "https://login.test/hunter2"}]',
            "TABARD_ISSUERS[0].issuer must be a text",
        ),
        (
            "TABARD_ISSUERS",
            '[{"issuer": "hunter2", "audience": "tabard"}]',
            "TABARD_ISSUERS[0].jwks_url is missing, and is needed",
        ),
        (
            "TABARD_SECRET_KEY",
            "hunter2",
            "TABARD_SECRET_KEY: a secret key needs at least 32 characters",
        ),
    ],
)
def test_a_setting_that_cannot_be_used_is_named_with_what_to_write_and_without_its_value(
    monkeypatch: pytest.MonkeyPatch, name: str, value: str, sentence: str
) -> None:
    monkeypatch.setenv(name, value)
    with pytest.raises(ConfigurationInvalid) as refusal:
        configured()
    assert str(refusal.value) == sentence


def test_a_misspelt_setting_is_refused_and_what_is_named_alike_by_chance_is_left_alone(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("TABARD_SERVICE_HOST", "10.0.0.1")
    assert configured().host == "127.0.0.1"
    monkeypatch.setenv("TABARD_DATABSE_URL", "postgresql://tabard:hunter2@db/tabard")
    monkeypatch.setenv("TABARD_LIMIT__DEPTH", "3")
    with pytest.raises(ConfigurationInvalid) as refusal:
        configured()
    assert str(refusal.value) == (
        "TABARD_DATABSE_URL is no setting; write TABARD_DATABASE_URL if you mean that, else unset it; "
        "TABARD_LIMIT__DEPTH is no setting; write TABARD_LIMITS__DEPTH if you mean that, else unset it"
    )


@pytest.mark.parametrize("host", ["192.0.2.1", "::", "example.org"])
def test_development_mode_is_refused_where_others_can_reach_it(host: str) -> None:
    with pytest.raises(ConfigurationInvalid) as refusal:
        configured(development=True, host=host)
    assert str(refusal.value) == (
        "development mode accepts demo tokens, so it is served on loopback only: "
        "unset TABARD_DEVELOPMENT or set TABARD_HOST to 127.0.0.1"
    )


@pytest.mark.parametrize("host", ["127.0.0.1", "127.1.2.3", "::1", "localhost"])
def test_development_mode_is_served_on_loopback(host: str) -> None:
    assert Configuration(development=True, host=host).host == host


ISSUER = {"issuer": "https://login.test/", "audience": "tabard", "jwks_url": "https://login.test/jwks.json"}


def test_issuers_are_read_from_one_variable(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TABARD_ISSUERS", json.dumps([ISSUER | {"algorithms": ["ES256", "EdDSA"]}]))
    (issuer,) = Configuration().issuers
    assert (issuer.issuer, issuer.algorithms) == ("https://login.test/", ("ES256", "EdDSA"))
    assert (issuer.portal_claim, issuer.portal_by) == ("portal", "key")
    assert (issuer.user_claim, issuer.user_by) == ("sub", "external_id")


@pytest.mark.promise("P10")
@pytest.mark.parametrize(
    ("changed", "problem"),
    [
        ({"algorithms": ["HS256"]}, r"TABARD_ISSUERS\[0\].algorithms\[0\]"),
        ({"algorithms": ["none"]}, r"TABARD_ISSUERS\[0\].algorithms\[0\]"),
        ({"algorithms": []}, r"TABARD_ISSUERS\[0\].algorithms"),
        ({"jwks_url": "http://login.test/jwks.json"}, "it must be https"),
        ({"jwks_url": "file:///etc/passwd"}, "write an address"),
        ({"jwks_url": "https://user@login.test/"}, "write an address"),
        ({"user_claim": "portal"}, "the same claim"),
        ({"audience": ""}, r"TABARD_ISSUERS\[0\].audience"),
        ({"jku": "https://login.test/"}, r"TABARD_ISSUERS\[0\].jku"),
    ],
)
def test_an_issuer_that_could_not_be_trusted_is_refused(changed: dict[str, Any], problem: str) -> None:
    with pytest.raises(ConfigurationInvalid, match=problem):
        configured(issuers=[ISSUER | changed])


def test_one_issuer_is_named_once_and_fits_row_level_security() -> None:
    with pytest.raises(ConfigurationInvalid, match="names one issuer twice"):
        configured(issuers=[ISSUER, ISSUER])
    with pytest.raises(ConfigurationInvalid, match=r'set "portal_by": "id"'):
        configured(issuers=[ISSUER], row_level_security=True)
    assert configured(issuers=[ISSUER | {"portal_by": "id"}], row_level_security=True).issuers


def test_issuers_that_are_no_json_are_refused_without_their_text(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TABARD_ISSUERS", "[{secret")
    with pytest.raises(ConfigurationInvalid, match="write it as JSON") as refused:
        configured()
    assert "secret" not in str(refused.value)
    assert "TABARD_ISSUERS" in str(refused.value)
