"""Arguments: those that several fields and mutations take, each with its words for frontends."""

from typing import Annotated

import strawberry

IfVersion = Annotated[
    int | None,
    strawberry.argument(
        description="The version that you have read; the change is refused if it is not current."
    ),
]
ObjectType = Annotated[str, strawberry.argument(description="Key of the record type, e.g. `company`.")]
RecordId = Annotated[strawberry.ID, strawberry.argument(description="Global id of the record.")]
WorkspaceId = Annotated[strawberry.ID, strawberry.argument(description="Global id of the workspace.")]
