"""Exits: the codes with which a command ends, and which error leads to which."""

from __future__ import annotations

from enum import IntEnum

from tabard import errors


class Exit(IntEnum):
    """What a shell or supervisor learns from a command's end; the numbers are stable."""

    meaning: str

    def __new__(cls, code: int, meaning: str) -> Exit:
        """A code with its meaning."""
        made = int.__new__(cls, code)
        made._value_ = code
        made.meaning = meaning
        return made

    DONE = 0, "The command did what it was asked."
    FAILED = 1, "Something unexpected went wrong; the traceback is for the maintainers."
    USAGE = 2, "The command does not know an option or argument, or cannot do what was asked."
    CONFIGURATION = 3, "A setting (`TABARD_…`) or the database's URL cannot be used."
    DATA_FOLDER = 4, "The data folder cannot be made, read or written, or its database is in use."
    DATABASE = 5, "The database does not answer, lacks migrations, or was migrated by a newer Tabard."
    PLUGINS = 6, "A plugin cannot be imported or seeded, or plugins do not fit together or to this Tabard."
    ADDRESS = 7, "The host and port cannot be listened on."
    UNKNOWN = 8, "There is no such portal, persona or user."
    ROWS = 9, "Rows of an import are bad, so nothing was written; the report names them."
    IMPORT = (
        10,
        "An import's mapping or files cannot be used, or the portal changed meanwhile; nothing was written.",
    )
    BACKUP = 11, "A backup was not made; nothing is left of it."
    INTERRUPTED = 130, "Ctrl-C, or the signal SIGINT."


CODES: tuple[tuple[type[errors.TabardError], Exit], ...] = (
    (errors.NameUnknown, Exit.UNKNOWN),
    (errors.RowsRefused, Exit.ROWS),
    (errors.ImportRefused, Exit.IMPORT),
    (errors.CommandRefused, Exit.USAGE),
    (errors.BackupFailed, Exit.BACKUP),
    (errors.ConfigurationInvalid, Exit.CONFIGURATION),
    (errors.DataFolderUnusable, Exit.DATA_FOLDER),
    (errors.AddressUnavailable, Exit.ADDRESS),
    (errors.DatabaseNotReady, Exit.DATABASE),
    (errors.SchemaNewer, Exit.DATABASE),
    (errors.MigrationFailed, Exit.DATABASE),
    (errors.StartError, Exit.PLUGINS),
    (errors.Unavailable, Exit.DATABASE),
    (errors.DeadlineExceeded, Exit.DATABASE),
)


def exit_of(error: errors.TabardError) -> Exit:
    """The code of an error; the first kind in `CODES` that it is of."""
    return next((code for kind, code in CODES if isinstance(error, kind)), Exit.FAILED)
