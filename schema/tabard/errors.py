"""Every error Tabard raises.

TabardError
├── StartError                 the process does not start
│   ├── AssemblyRefused        all refusals of one assembly, each a sentence
│   ├── RegistryFrozen         a plugin or contribution came after assembly
│   ├── DatabaseNotReady       migrations are missing, or the database cannot be opened
│   ├── SchemaNewer            the database was migrated by a newer Tabard
│   ├── MigrationFailed        a migration was rolled back; says which and why
│   ├── ConfigurationInvalid   a setting of the operator that cannot be used
│   ├── DataFolderUnusable     the folder of the embedded database cannot be used
│   ├── AddressUnavailable     the server's host and port cannot be listened on
│   └── ImportRefused          nothing was imported
│       ├── MappingRefused     the mapping file, or the files it reads, cannot be used
│       └── RowsRefused        rows that cannot be imported, each with its reason
├── CommandRefused             a command was asked for what cannot be done
│   ├── AssetsNotBuilt         the query page cannot be built here
│   └── NameUnknown            a portal, persona or user that is not there
├── BackupFailed               a backup that was not made
├── BadCell                    a cell of an import that cannot be read as it should
├── DoorRefusal                a statement that the tenant's door does not let through
├── RequestEnded               a statement for a request that has been answered or given up
├── GraphError                 reaches a client in `errors`, with `extensions.code`
│   ├── Unauthenticated  Forbidden  BadUserInput  InvalidCursor  PageSizeExceeded
│   ├── CursorExpired  IdempotencyKeyReused  DeadlineExceeded  Unavailable
│   └── PluginFailure          a plugin's function failed; names the plugin, never the cause
└── Fault                      an expected outcome of a mutation: becomes a `userErrors` entry
    └── InvalidSetting         a setting's value that its section refuses
"""

from typing import Any


class TabardError(Exception):
    """The root of the tree; its text is a sentence a person can act on."""


class StartError(TabardError):
    """Something that keeps the process from starting."""


class AssemblyRefused(StartError):
    """All that is wrong with a set of plugins, gathered before anything is served.

    `refusals` holds one sentence each, sorted, so that the order of registration does not show.
    """

    def __init__(self, refusals: list[str]) -> None:
        self.refusals = sorted(set(refusals))
        lines = "".join(f"\n  - {refusal}" for refusal in self.refusals)
        super().__init__(f"the graph cannot be assembled; {len(self.refusals)} thing(s) to mend:{lines}")


class RegistryFrozen(StartError):
    """A contribution that comes after assembly would silently be missing from the graph."""


class DatabaseNotReady(StartError):
    """The database cannot be opened or lacks migrations."""


class SchemaNewer(StartError):
    """The database holds migrations that this Tabard does not know."""


class MigrationFailed(StartError):
    """A migration could not be applied or undone; it left nothing behind."""


class ConfigurationInvalid(StartError):
    """A setting of the operator that cannot be used."""


class DataFolderUnusable(StartError):
    """The folder of the embedded database cannot be made, read or written."""


class BackupFailed(TabardError):
    """A backup that was not made; nothing is left of it."""


class AddressUnavailable(StartError):
    """The host and port that the server should listen on are taken, or not ours to take."""


class CommandRefused(TabardError):
    """What a command was asked to do cannot be done as it was asked."""


class AssetsNotBuilt(CommandRefused):
    """The query page cannot be built here; says what is missing or failed."""


class NameUnknown(CommandRefused):
    """A portal, persona or user that is not there."""


class ImportRefused(StartError):
    """An import that cannot be done; nothing was written."""


class MappingRefused(ImportRefused):
    """What is wrong with a mapping file or the files it reads; found before any row is read.

    `problems` holds one sentence each, with its place in the mapping file.
    """

    def __init__(self, problems: list[str]) -> None:
        self.problems = problems
        lines = "".join(f"\n  - {problem}" for problem in problems)
        super().__init__(f"nothing was imported; {len(problems)} thing(s) to mend in the mapping:{lines}")


class RowsRefused(ImportRefused):
    """Rows that cannot be imported; `reasons` says file, line, column and reason of each bad cell."""

    SHOWN = 20

    def __init__(self, reasons: list[str], bad_rows: int, rows: int) -> None:
        self.reasons = reasons
        lines = "".join(f"\n  - {reason}" for reason in reasons[: self.SHOWN])
        more = len(reasons) - self.SHOWN
        rest = f"\n  and {more:,} more" if more > 0 else ""
        super().__init__(
            f"nothing was imported; {bad_rows:,} of {rows:,} rows are bad:{lines}{rest}\n"
            "Mend them, or pass --rejects FILE to set them aside there and import the rest."
        )


class BadCell(TabardError):
    """A cell that cannot be read as it should; its text is the reason that the row's report gives."""


class DoorRefusal(TabardError):
    """A statement that cannot be proven to stay within the viewer's portal."""


class RequestEnded(TabardError):
    """A statement for a request that has been answered or given up; nobody waits for what comes of it."""


class GraphError(TabardError):
    """An error that a client meets in `errors`.

    `code` is one of the stable codes; `extensions` holds what else the client is told.
    """

    code = "INTERNAL_SERVER_ERROR"

    def __init__(self, message: str, **extensions: Any) -> None:
        super().__init__(message)
        self.message = message
        self.extensions: dict[str, Any] = {"code": self.code, **extensions}


class Unauthenticated(GraphError):
    """The credentials are missing, malformed, expired or not ours."""

    code = "UNAUTHENTICATED"


class Forbidden(GraphError):
    """The viewer may see that the thing exists but may not use it; `reason` says what is missing."""

    code = "FORBIDDEN"

    def __init__(self, message: str, reason: str, **extensions: Any) -> None:
        super().__init__(message, reason=reason, **extensions)
        self.reason = reason


class BadUserInput(GraphError):
    """An argument whose value cannot be used."""

    code = "BAD_USER_INPUT"


class InvalidCursor(GraphError):
    """A cursor that was changed, or belongs to another list or order."""

    code = "INVALID_CURSOR"


class CursorExpired(GraphError):
    """A cursor of events that are not kept any more."""

    code = "CURSOR_EXPIRED"


class PageSizeExceeded(GraphError):
    """`first` or `last` is above the limit."""

    code = "PAGE_SIZE_EXCEEDED"


class IdempotencyKeyReused(GraphError):
    """The same idempotency key came with other input."""

    code = "IDEMPOTENCY_KEY_REUSED"


class DeadlineExceeded(GraphError):
    """The time for a request, a statement or a plugin's function is spent."""

    code = "DEADLINE_EXCEEDED"


class Unavailable(GraphError):
    """The database does not answer now; the same request may work soon."""

    code = "UNAVAILABLE"


class PluginFailure(GraphError):
    """A plugin's function failed: its field is null, the rest of the answer stands."""

    code = "PLUGIN_ERROR"

    def __init__(self, plugin: str, message: str | None = None) -> None:
        super().__init__(message or f"The plugin '{plugin}' could not answer this field.", plugin=plugin)
        self.plugin = plugin


class Fault(TabardError):
    """An expected outcome of a mutation; rolls it back and becomes a `userErrors` entry.

    `code` is one of the closed set of `UserErrorCode`, `reason` an open dotted key,
    `path` the GraphQL input path below the mutation's argument, e.g. `["input", "name"]`.
    """

    def __init__(
        self,
        code: str,
        message: str,
        *,
        reason: str | None = None,
        path: list[str] | None = None,
        **details: Any,
    ) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.reason = reason or code.lower()
        self.path = path
        self.details = details


class InvalidSetting(Fault):
    """A setting's value that its section refuses.

    `setting` is the field's GraphQL name, `problem` what is wrong with the value, or with an item of it,
    counted from 0. Who saves the section adds where in the input it stands.
    """

    def __init__(
        self, setting: str, problem: str, item: int | None = None, *, reason: str = "setting.invalid"
    ) -> None:
        place = "The" if item is None else f"Item {item + 1} of the"
        super().__init__(
            "INVALID",
            f"{place} setting '{setting}' {problem}.",
            reason=reason,
            path=[setting] if item is None else [setting, str(item)],
        )
        self.setting = setting
        self.problem = problem
