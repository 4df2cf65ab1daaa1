"""The host: which installed plugins take part, and every reason why one cannot, told at once."""

import sys
from collections.abc import Callable, Iterator
from importlib.metadata import EntryPoint, distributions
from pathlib import Path

import pytest

from tabard import Permission, Plugin
from tabard.errors import AssemblyRefused, RegistryFrozen
from tabard.host import GROUP, Origin, PluginHost

PLUGIN = "from tabard import Permission, Plugin\nplugin = Plugin('{name}', policy=Permission.WORKSPACE)\n"
MODULE = """
from tabard import Permission, Plugin, hookimpl
made = Plugin('acme_module', policy=Permission.WORKSPACE)
seeders = []

@hookimpl
def contribute():
    return made

@hookimpl
def seed(seeder):
    seeders.append(seeder)
"""

Install = Callable[..., EntryPoint]


@pytest.fixture
def install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Install]:
    """Puts a distribution with one module and one entry point on the path, as an installer would."""
    monkeypatch.syspath_prepend(tmp_path)
    modules = set(sys.modules)

    def add(
        module: str, source: str, *, name: str | None = None, value: str | None = None, distribution: str = ""
    ) -> EntryPoint:
        (tmp_path / f"{module}.py").write_text(source, encoding="utf-8")
        distribution = distribution or module.replace("_", "-")
        info = tmp_path / f"{distribution.replace('-', '_')}-1.5.dist-info"
        info.mkdir()
        (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {distribution}\nVersion: 1.5\n")
        (info / "entry_points.txt").write_text(
            f"[{GROUP}]\n{name or module} = {value or f'{module}:plugin'}\n"
        )
        (entry_point,) = next(
            found.entry_points.select(group=GROUP)
            for found in distributions(path=[str(tmp_path)])
            if found.name == distribution
        )
        return entry_point

    yield add
    for module in set(sys.modules) - modules:
        del sys.modules[module]


def refusals(*found: EntryPoint) -> list[str]:
    with pytest.raises(AssemblyRefused) as refused:
        PluginHost().discover(found)
    return refused.value.refusals


def test_bundled_plugins_are_found_in_the_order_of_their_names() -> None:
    host = PluginHost()
    host.discover()
    assert [plugin.name for plugin in host.plugins] == sorted(plugin.name for plugin in host.plugins)
    bundled = {hosted.plugin.name: hosted.origin.distribution for hosted in host.hosted}
    assert bundled.items() >= {"customers": "tabard", "revenue": "tabard", "services": "tabard"}.items()


def test_an_entry_point_names_a_plugin(install: Install) -> None:
    host = PluginHost()
    host.discover(
        [install("acme_b", PLUGIN.format(name="acme_b")), install("acme_a", PLUGIN.format(name="acme_a"))]
    )
    assert [plugin.name for plugin in host.plugins] == ["acme_a", "acme_b"]
    assert host.hosted[0].origin == Origin("acme_a", "acme_a:plugin", "acme-a", "1.5")
    assert str(host.hosted[0].origin) == "acme-a 1.5"


def test_an_entry_point_may_name_a_module_with_hooks(install: Install) -> None:
    host = PluginHost()
    host.discover([install("acme_module", MODULE, value="acme_module")])
    (hosted,) = host.hosted
    seeder = object()
    host.seed(hosted, seeder)  # type: ignore[arg-type]
    assert hosted.plugin.name == "acme_module"
    assert sys.modules["acme_module"].seeders == [seeder]


def test_a_hook_is_called_on_one_plugin_only(install: Install) -> None:
    other = MODULE.replace("acme_module", "acme_other")
    host = PluginHost()
    host.discover(
        [
            install("acme_module", MODULE, value="acme_module"),
            install("acme_other", other, value="acme_other"),
        ]
    )
    host.seed(host.hosted[1], object())  # type: ignore[arg-type]
    assert sys.modules["acme_module"].seeders == []
    assert len(sys.modules["acme_other"].seeders) == 1


@pytest.mark.promise("P16")
def test_every_failed_import_is_reported_at_once_with_its_line(tmp_path: Path, install: Install) -> None:
    assert refusals(
        install("acme_absent", "import module_of_nobody\n"),
        install("acme_good", PLUGIN.format(name="acme_good")),
        install("acme_exit", "import sys\nsys.exit(3)\n"),
        install("acme_bare", "tab = 1\n"),
        install("acme_mute", "def fail():\n    raise RuntimeError\n\n\nfail()\n"),
    ) == [
        (
            "the entry point 'acme_absent = acme_absent:plugin' of acme-absent 1.5 cannot be imported "
            "(ModuleNotFoundError: No module named 'module_of_nobody' "
            f"at {tmp_path}/acme_absent.py, line 1); mend or uninstall it, or block 'acme_absent'"
        ),
        (
            "the entry point 'acme_bare = acme_bare:plugin' of acme-bare 1.5 cannot be imported "
            "(AttributeError: module 'acme_bare' has no attribute 'plugin'); mend or uninstall it, or block 'acme_bare'"
        ),
        (
            "the entry point 'acme_exit = acme_exit:plugin' of acme-exit 1.5 cannot be imported "
            f"(SystemExit: 3 at {tmp_path}/acme_exit.py, line 2); mend or uninstall it, or block 'acme_exit'"
        ),
        (
            "the entry point 'acme_mute = acme_mute:plugin' of acme-mute 1.5 cannot be imported "
            f"(RuntimeError at {tmp_path}/acme_mute.py, line 2); mend or uninstall it, or block 'acme_mute'"
        ),
    ]


def test_a_blocked_plugin_is_not_even_imported(install: Install) -> None:
    host = PluginHost(blocked=["acme_exit", "acme_unknown"])
    host.discover([install("acme_exit", "import sys\nsys.exit(3)\n")])
    assert host.plugins == []
    assert [origin.name for origin in host.skipped] == ["acme_exit"]
    assert "acme_exit" not in sys.modules


def test_a_plugin_of_two_distributions_is_refused(install: Install) -> None:
    assert refusals(
        install("acme_one", PLUGIN.format(name="acme"), name="acme"),
        install("acme_two", PLUGIN.format(name="acme"), name="acme"),
    ) == [
        (
            "the plugin 'acme' comes from acme-one 1.5 (acme_one:plugin) and acme-two 1.5 (acme_two:plugin); "
            "uninstall all but one of them"
        )
    ]


def test_an_entry_point_and_its_plugin_have_one_name(install: Install) -> None:
    assert refusals(install("acme", PLUGIN.format(name="renewals"))) == [
        (
            "the entry point 'acme = acme:plugin' of acme 1.5 gives the plugin 'renewals'; call both alike, "
            "so that an operator can block it by the name that errors show"
        )
    ]


def test_what_is_no_plugin_is_refused(install: Install) -> None:
    contribute = "from tabard import hookimpl\n\n@hookimpl\ndef contribute():\n    {body}\n"
    form = "it must name a Plugin, or a module whose hook `contribute` returns one"
    assert refusals(
        install("acme_list", "plugin = [1]\n"),
        install("acme_mapping", contribute.format(body="return {}"), value="acme_mapping"),
        install("acme_raiser", contribute.format(body="raise ValueError('not now')"), value="acme_raiser"),
    ) == [
        (
            "the entry point 'acme_list = acme_list:plugin' of acme-list 1.5 gives an object of type list without "
            f"the hook `contribute`; {form}"
        ),
        "the entry point 'acme_mapping = acme_mapping' of acme-mapping 1.5 gives an object of type dict; "
        + form,
        (
            "the entry point 'acme_raiser = acme_raiser' of acme-raiser 1.5 gives ValueError instead of a plugin: "
            f"not now; {form}"
        ),
    ]


def test_a_misspelt_hook_is_refused(install: Install) -> None:
    misspelt = MODULE.replace("def seed(seeder)", "def sed(seeder)")
    assert refusals(install("acme_module", misspelt, value="acme_module")) == [
        (
            "the entry point 'acme_module = acme_module' of acme-module 1.5 implements the hook 'sed', "
            "which nobody calls; there are contribute and seed"
        )
    ]


def test_a_hook_that_asks_for_what_it_is_not_given_is_refused(install: Install) -> None:
    greedy = MODULE.replace("def seed(seeder)", "def seed(seeder, engine)")
    (refusal,) = refusals(install("acme_module", greedy, value="acme_module"))
    assert refusal.startswith(
        "the entry point 'acme_module = acme_module' of acme-module 1.5 does not fit the hooks: "
    )
    assert "{'engine'}" in refusal


def test_a_plugin_that_comes_late_is_refused() -> None:
    host = PluginHost()
    host.discover([])
    late = Plugin("late", policy=Permission.WORKSPACE)
    with pytest.raises(RegistryFrozen) as refused:
        host.register([(late, Origin("late", "late:plugin", "late", "1"))])
    assert str(refused.value) == (
        "plugins were registered after the host had taken in all of them, so they would be missing; "
        "name them by an entry point"
    )
