"""The command line: what each command prints, and the sentence and exit code for whatever is in its way."""

import json
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from importlib.metadata import version
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from typer.testing import CliRunner, Result

from gateway.cli import app
from gateway.configuration import Configuration
from gateway.exits import CODES, Exit, exit_of
from gateway.identity.demo_tokens import DemoTokens
from gateway.installation import Installation
from gateway.serving import DEMO_TOKENS
from tabard import errors
from tabard.assembly import assemble, sdl
from tabard.host import GROUP
from tests.support.databases import Templates, bundled, finished

MAPPING = """
[[import]]
file = "companies.csv"
into = "company"
external_id = "id"

[import.properties]
name = "name"
"""
Tabard = Callable[..., Result]
HEAVY = ("alembic", "babel", "graphql", "jwt", "sqlalchemy", "starlette", "strawberry", "tabard", "uvicorn")


@pytest.fixture
def tabard(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Tabard:
    """Runs a command in an empty folder; whatever is no error of ours is raised."""
    monkeypatch.chdir(tmp_path)

    def run(*arguments: str | Path, **environment: str) -> Result:
        result = CliRunner().invoke(app, [str(argument) for argument in arguments], env=environment)
        if result.exception is not None and not isinstance(result.exception, SystemExit):
            raise result.exception
        return result

    return run


@pytest.fixture
def data(tmp_path: Path, templates: Templates) -> Path:
    """A data folder with a migrated, empty database."""
    folder = tmp_path / "data"
    folder.mkdir()
    (folder / "tabard.sqlite3").write_bytes(templates.sqlite(bundled()).read_bytes())
    return folder


def refusal(result: Result, code: Exit) -> str:
    """The one sentence on stderr of a command that ended with this code; a server logs before that it starts."""
    assert (result.exit_code, result.stdout) == (code, ""), result.output
    assert "Traceback" not in result.stderr
    logged, tabard, said = result.stderr.rpartition("tabard: ")
    assert tabard
    assert {json.loads(entry)["event"] for entry in logged.splitlines()} <= {"starting"}
    return said.rstrip("\n")


def test_help_imports_nothing_that_takes_long() -> None:
    program = f"import sys, gateway.cli; print([name for name in {HEAVY!r} if name in sys.modules])"
    shown = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert shown.stdout == "[]\n"


def test_help_lists_every_command(tabard: Tabard) -> None:
    shown = tabard("--help").stdout
    commands = ("serve", "demo", "migrate", "portal", "import", "schema", "plugins", "token")
    assert [command for command in commands if f" {command} " not in shown] == []


def test_version_is_that_of_the_distribution(tabard: Tabard) -> None:
    assert tabard("--version").stdout == f"tabard {version('tabard')}\n"


def test_an_unknown_option_is_wrong_usage(tabard: Tabard) -> None:
    assert tabard("serve", "--prot", "1").exit_code == Exit.USAGE
    assert tabard("surf").exit_code == Exit.USAGE


def test_schema_prints_the_contract(tabard: Tabard) -> None:
    assert tabard("schema").stdout == sdl(assemble(bundled()))


def test_plugins_says_what_is_loaded_and_from_where(tabard: Tabard) -> None:
    lines = tabard("plugins").stdout.splitlines()
    services = lines.index("services: tabard 0.1.0, services_tab:tab")
    assert lines[services + 1].startswith("  contributes a tab with settings, the record type Service, ")
    assert [line for line in lines if "blocked" in line or "skipped" in line] == []


def test_plugins_says_what_is_blocked(tabard: Tabard) -> None:
    lines = tabard("plugins", TABARD_BLOCKED_PLUGINS="revenue, nobody").stdout.splitlines()
    assert (
        lines[lines.index("revenue: tabard 0.1.0, revenue_tab:tab") + 1] == "  blocked, so it is not imported"
    )
    assert lines[lines.index("nobody") + 1] == "  blocked, but not installed either"


EXTENDING = """
from tabard import Permission, Plugin, Reader
plugin = Plugin("acme", policy=Permission.WORKSPACE)

@plugin.field("AbsentTab", key="id", description="What nobody sees.")
async def acme_score(reader: Reader, keys: list[int]) -> dict[int, int]:
    return {}
"""


@pytest.fixture
def install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[str], None]]:
    """Puts the distribution `acme-plugin` on the path, as an installer would."""
    monkeypatch.syspath_prepend(tmp_path)

    def add(source: str) -> None:
        (tmp_path / "acme_plugin.py").write_text(source)
        info = tmp_path / "acme_plugin-1.5.dist-info"
        info.mkdir()
        (info / "METADATA").write_text("Metadata-Version: 2.1\nName: acme-plugin\nVersion: 1.5\n")
        (info / "entry_points.txt").write_text(f"[{GROUP}]\nacme = acme_plugin:plugin\n")

    yield add
    sys.modules.pop("acme_plugin", None)


def test_plugins_says_what_is_skipped(tabard: Tabard, install: Callable[[str], None]) -> None:
    install(EXTENDING)
    lines = tabard("plugins").stdout.splitlines()
    start = lines.index("acme: acme-plugin 1.5, acme_plugin:plugin")
    assert lines[start + 1 : start + 3] == [
        "  contributes 1 field",
        "  skipped AbsentTab.acmeScore: no plugin brings the type AbsentTab",
    ]


@pytest.mark.promise("P16")
@pytest.mark.parametrize("command", [("schema",), ("serve", "--port", "0"), ("token", "--persona", "csm")])
def test_a_plugin_that_cannot_be_imported_stops_every_command_until_it_is_blocked(
    tabard: Tabard, install: Callable[[str], None], tmp_path: Path, command: Sequence[str]
) -> None:
    install("import sys\nsys.exit('not today')\n")
    assert refusal(tabard(*command), Exit.PLUGINS) == (
        "the graph cannot be assembled; 1 thing(s) to mend:\n"
        "  - the entry point 'acme = acme_plugin:plugin' of acme-plugin 1.5 cannot be imported "
        f"(SystemExit: not today at {tmp_path}/acme_plugin.py, line 2); mend or uninstall it, or block 'acme'"
    )
    assert tabard("schema", TABARD_BLOCKED_PLUGINS="acme").exit_code == Exit.DONE


FULL = """
import resource, sys
resource.setrlimit(resource.RLIMIT_FSIZE, (int(sys.argv.pop(1)), resource.RLIM_INFINITY))
from gateway.cli import main
main()
"""


def when_full(size: int, *command: str) -> subprocess.CompletedProcess[str]:
    """A command on a disk that takes files of this size at most."""
    program = [sys.executable, "-c", FULL, str(size), *command]
    return subprocess.run(program, capture_output=True, text=True, check=False, timeout=60)


@pytest.mark.promise("P21", "P24")
def test_a_full_disk_is_told_of_in_one_sentence_and_leaves_nothing_half_done(tmp_path: Path) -> None:
    data = ("--data", str(tmp_path / "data"))
    failed = when_full(300_000, "migrate", *data)
    assert failed.returncode == Exit.DATABASE
    assert failed.stderr == (
        "tabard: the migration core_0001 (First tables) failed and was rolled back: disk I/O error; "
        "those before it stand, so mend the cause and migrate again\n"
    )
    assert when_full(10_000_000, "migrate", *data).returncode == Exit.DONE

    create = ("portal", "create", "acme", "--plan", "enterprise", *data)
    refused = when_full(33_000, *create)
    assert refused.returncode == Exit.DATABASE
    assert refused.stderr.splitlines()[-1].startswith("tabard: The database ")
    assert "The database says: " in refused.stderr
    assert when_full(10_000_000, *create).returncode == Exit.DONE


def test_migrate_makes_the_database_and_then_has_nothing_to_do(tabard: Tabard, tmp_path: Path) -> None:
    first, second = tabard("migrate"), tabard("migrate")
    assert first.stdout.splitlines()[0] == "applied core_0001 (First tables)"
    assert second.stdout == "The database is up to date; 0 migration(s) applied.\n"
    assert (tmp_path / "data" / "tabard.sqlite3").exists()


def test_a_portal_is_made_and_its_super_admin_gets_a_token(tabard: Tabard, data: Path) -> None:
    made = tabard(
        "portal", "create", "acme", "--plan", "enterprise", "--time-zone", "Europe/Rome", "--data", data
    )
    assert made.stdout == (
        "Made the portal 'acme' (Acme). Its super admin's token:\n"
        f"  tabard token --persona super-admin --portal acme --data {data}\n"
    )
    printed = tabard("token", "--persona", "super-admin", "--portal", "acme", "--data", data)
    assert printed.stderr == ""
    place = Installation(Configuration(data=data))
    verifying = DemoTokens(place.secret(DEMO_TOKENS)).verify(printed.stdout.removesuffix("\n"))
    identity = finished(verifying)
    with sa.create_engine(f"sqlite:///{data / 'tabard.sqlite3'}").connect() as connection:
        query = "SELECT app_user.id, portal.id, plan, portal.time_zone FROM app_user, portal"
        rows = [tuple(row) for row in connection.exec_driver_sql(query)]
    assert rows == [(identity.user, identity.portal, "ENTERPRISE", "Europe/Rome")]


@pytest.mark.row("A1")
def test_a_portal_gets_another_plan_and_only_that_changes(tabard: Tabard, data: Path) -> None:
    for key in ("acme", "bolt"):
        tabard("portal", "create", key, "--plan", "enterprise", "--data", data)
    changed = tabard("portal", "plan", "acme", "starter", "--data", data)
    assert changed.stdout == "The portal 'acme' is on the plan starter now; it was on enterprise.\n"
    with sa.create_engine(f"sqlite:///{data / 'tabard.sqlite3'}").connect() as connection:
        rows = connection.exec_driver_sql("SELECT portal.key, plan FROM portal ORDER BY portal.key")
        assert dict(map(tuple, rows)) == {"acme": "STARTER", "bolt": "ENTERPRISE"}
    unknown = tabard("portal", "plan", "acne", "starter", "--data", data)
    assert refusal(unknown, Exit.UNKNOWN) == "there is no portal 'acne'; there are: acme, bolt"
    assert tabard("portal", "plan", "acme", "free", "--data", data).exit_code == Exit.USAGE


def test_import_reads_files_and_tells_what_it_has_made(tabard: Tabard, data: Path, tmp_path: Path) -> None:
    tabard("portal", "create", "acme", "--plan", "professional", "--data", data)
    source = exported(tmp_path, "A-1,Acme\nA-2,Bolt\n")
    arguments = ("import", source, "--mapping", source / "mapping.toml", "--portal", "acme", "--data", data)
    assert "company: 2 (2 created, 0 updated, 0 unchanged)" in tabard(*arguments).stdout
    assert "company: 2 (0 created, 0 updated, 2 unchanged)" in tabard(*arguments).stdout


def test_bad_rows_stop_an_import_or_are_set_aside(tabard: Tabard, data: Path, tmp_path: Path) -> None:
    tabard("portal", "create", "acme", "--plan", "professional", "--data", data)
    source = exported(tmp_path, "A-1,Acme\nA-2,\n")
    arguments = ("import", source, "--mapping", source / "mapping.toml", "--portal", "acme", "--data", data)
    sentence = refusal(tabard(*arguments), Exit.ROWS)
    assert sentence.startswith(
        "nothing was imported; 1 of 2 rows are bad:\n  - companies.csv, line 3, column 'name'"
    )
    imported = tabard(*arguments, "--rejects", tmp_path / "rejects.csv")
    assert imported.exit_code == Exit.DONE
    assert "company: 1 (1 created" in imported.stdout
    assert imported.stderr.startswith("  rejected: companies.csv, line 3")
    assert "A-2" in (tmp_path / "rejects.csv").read_text()


def exported(tmp_path: Path, rows: str) -> Path:
    """A folder with companies as CSV, and its mapping."""
    source = tmp_path / "export"
    source.mkdir()
    (source / "companies.csv").write_text(f"id,name\n{rows}")
    (source / "mapping.toml").write_text(MAPPING)
    return source


def test_an_unknown_portal_or_persona_is_answered_with_those_there_are(tabard: Tabard, data: Path) -> None:
    tabard("portal", "create", "acme", "--plan", "professional", "--data", data)
    token = ("token", "--data", data, "--persona")
    assert refusal(tabard(*token, "super-admin", "--portal", "acne"), Exit.UNKNOWN) == (
        "there is no portal 'acne'; there are: acme"
    )
    assert refusal(tabard(*token, "boss"), Exit.UNKNOWN) == (
        "no user in this database is 'boss'; there are: super-admin; write user:EXTERNAL-ID for an imported user"
    )
    imported = tabard("import", data, "--mapping", "none.toml", "--portal", "acne", "--data", data)
    assert refusal(imported, Exit.UNKNOWN) == "there is no portal 'acne'; there are: acme"


def test_a_portal_that_cannot_be_is_refused_before_the_database_is_opened(tabard: Tabard) -> None:
    assert refusal(tabard("portal", "create", "Acme", "--plan", "professional"), Exit.USAGE) == (
        "'Acme' is no key of a portal; write small letters, digits and hyphens, such as acme-eu"
    )
    assert tabard("portal", "create", "acme", "--plan", "free").exit_code == Exit.USAGE


@pytest.mark.parametrize(
    "command",
    [
        ("serve", "--port", "0"),
        ("token", "--persona", "csm"),
        ("portal", "create", "acme", "--plan", "enterprise"),
    ],
)
def test_a_database_without_its_tables_is_refused(tabard: Tabard, command: Sequence[str]) -> None:
    sentence = refusal(tabard(*command), Exit.DATABASE)
    assert sentence.startswith("the database lacks ")
    assert sentence.endswith("; run `tabard migrate`, then start")


def test_a_database_that_does_not_answer_is_named_without_its_password(tabard: Tabard) -> None:
    nobody = {
        "TABARD_DATABASE_URL": "postgresql://ada:hunter2@127.0.0.1:1/tabard",
        "TABARD_SECRET_KEY": "s" * 32,
    }
    for command in (("serve", "--port", "0"), ("migrate",), ("token", "--persona", "csm")):
        sentence = refusal(tabard(*command, **nobody), Exit.DATABASE)
        assert "ada:***@127.0.0.1:1/tabard cannot be opened: " in sentence
        assert "hunter2" not in sentence


def test_a_database_url_that_is_none_is_refused(tabard: Tabard) -> None:
    assert refusal(tabard("migrate", TABARD_DATABASE_URL="hunter2"), Exit.CONFIGURATION) == (
        "the database's URL cannot be read; write sqlite:///path/to/file.db or postgresql://user@host/name"
    )
    assert refusal(tabard("migrate", TABARD_DATABASE_URL="mysql://db/tabard"), Exit.CONFIGURATION) == (
        "Tabard runs on SQLite and PostgreSQL, not on mysql; "
        "write sqlite:///path/to/file.db or postgresql://user@host/name"
    )


def test_settings_that_cannot_be_used_are_all_named(tabard: Tabard) -> None:
    sentence = refusal(tabard("serve", TABARD_PORT="http", TABARD_LIMITS__DEPTH="-1"), Exit.CONFIGURATION)
    assert "TABARD_PORT must be a whole number" in sentence
    assert "TABARD_LIMITS__DEPTH must be greater than 0" in sentence


def test_processes_on_one_database_server_must_share_a_secret(tabard: Tabard) -> None:
    sentence = refusal(
        tabard("token", "--persona", "csm", TABARD_DATABASE_URL="postgresql://127.0.0.1:1/x"), Exit.DATABASE
    )
    assert "cannot be opened" in sentence
    with pytest.raises(errors.ConfigurationInvalid, match=r"^TABARD_SECRET_KEY is missing: "):
        Installation(Configuration(database_url="postgresql://127.0.0.1:1/x")).secret("cursors")  # type: ignore[arg-type]


def test_development_never_faces_the_network(tabard: Tabard) -> None:
    served = tabard("serve", "--host", "0.0.0.0", TABARD_DEVELOPMENT="1")  # noqa: S104 - what must not be
    assert "demo tokens, so it is served on loopback only" in refusal(served, Exit.CONFIGURATION)


def test_a_data_folder_that_is_a_file_is_refused(tabard: Tabard, tmp_path: Path) -> None:
    (tmp_path / "data").write_text("")
    sentence = refusal(tabard("migrate"), Exit.DATA_FOLDER)
    assert sentence == f"the folder {tmp_path / 'data'} cannot be made: File exists"


def test_a_named_data_folder_wins_over_a_configured_database(tabard: Tabard, data: Path) -> None:
    made = tabard(
        "migrate", "--data", data, TABARD_DATABASE_URL="postgresql://127.0.0.1:1/x", TABARD_DATA="elsewhere"
    )
    assert made.stdout == "The database is up to date; 0 migration(s) applied.\n"


def test_every_error_of_ours_that_ends_a_command_has_a_code() -> None:
    def concrete(kind: type[errors.TabardError]) -> list[type[errors.TabardError]]:
        return [kind, *(sub for child in kind.__subclasses__() for sub in concrete(child))]

    ending = {kind for root in (errors.StartError, errors.CommandRefused) for kind in concrete(root)}
    coded = {kind for kind in ending if exit_of(kind.__new__(kind)) is not Exit.FAILED}
    assert ending - coded == set()
    assert len({code for _, code in CODES}) == len(Exit) - 3


def test_codes_are_stable_and_said_in_a_sentence() -> None:
    assert {code.name: int(code) for code in Exit} == {
        "DONE": 0,
        "FAILED": 1,
        "USAGE": 2,
        "CONFIGURATION": 3,
        "DATA_FOLDER": 4,
        "DATABASE": 5,
        "PLUGINS": 6,
        "ADDRESS": 7,
        "UNKNOWN": 8,
        "ROWS": 9,
        "IMPORT": 10,
        "BACKUP": 11,
        "INTERRUPTED": 130,
    }
    meanings: Any = [code.meaning for code in Exit]
    assert all(meaning.endswith(".") for meaning in meanings)
