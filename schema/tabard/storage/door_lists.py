"""The door's closed lists: what a statement may be made of."""

from typing import Final

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.sql import dml, elements, functions, operators, selectable, sqltypes

from tabard.storage.keys import KeyRows, Keys
from tabard.storage.transaction_id import TransactionId

FUNCTIONS: Final = frozenset(
    {
        "abs", "aggregate_strings", "avg", "coalesce", "count", "dense_rank", "lag", "lead", "length", "max",
        "min", "nullif", "rank", "row_number", "sum",
    }
)  # fmt: skip
FIELDS: Final = frozenset(
    {"year", "month", "day", "hour", "minute", "second", "dow", "doy", "week", "epoch"}
)  # fmt: skip
# By identity: an operator that calls itself equal to one of these is not one of these.
OPERATORS: Final = frozenset(
    id(getattr(operators, name))
    for name in (
        "add", "and_", "asc_op", "between_op", "comma_op", "concat_op", "contains_op", "desc_op",
        "distinct_op", "endswith_op", "eq", "exists", "floordiv", "ge", "gt", "in_op", "inv", "is_",
        "is_distinct_from", "is_false", "is_not", "is_not_distinct_from", "is_true", "le", "like_op", "lt",
        "mod", "mul", "ne", "neg", "not_between_op", "not_contains_op", "not_endswith_op", "not_in_op",
        "not_like_op", "not_startswith_op", "nulls_first_op", "nulls_last_op", "or_", "startswith_op", "sub",
        "truediv",
    )
)  # fmt: skip
TYPES: Final = frozenset(
    {
        sa.Boolean, sa.Date, sa.DateTime, sa.Enum, sa.Float, sa.Integer, sa.Interval, sa.JSON,
        sa.Numeric, sa.String, sa.Time, sa.Uuid, sqltypes.NullType, sqltypes._Binary,
    }
)  # fmt: skip
FUNCTION_CLASSES: Final = frozenset(
    {
        functions.Function, functions.aggregate_strings, functions.coalesce, functions.count,
        functions.dense_rank, functions.max, functions.min, functions.rank, functions.sum,
    }
)  # fmt: skip
COLUMN_CLASSES: Final = frozenset({elements.ColumnClause, sa.Column, elements.TableValuedColumn})
PARAMETER_CLASSES: Final = frozenset({elements.BindParameter, selectable._OffsetLimitParam})
VALUES_CLASSES: Final = frozenset({selectable.Values, selectable.ScalarValues})
INSERT_CLASSES: Final = frozenset({dml.Insert, sqlite.Insert, postgresql.Insert})
OUR_CLASSES: Final = frozenset({Keys, KeyRows, TransactionId})
_EXPRESSION_CLASSES: Final = frozenset(
    {
        elements.AggregateOrderBy, elements.AsBoolean, elements.BinaryExpression, elements.BooleanClauseList,
        elements.Case, elements.Cast, elements.ClauseList, elements.ElementList,
        elements.ExpressionClauseList, elements.Extract, elements.False_, elements.FrameClause,
        elements.FunctionFilter, elements.Grouping, elements.Label, elements.Null, elements.OrderByList,
        elements.Over, elements.True_, elements.Tuple, elements.TypeClause, elements.TypeCoerce,
        elements.UnaryExpression, elements._label_reference,
    }
)  # fmt: skip
_SELECT_CLASSES: Final = frozenset(
    {
        sa.Table, selectable.Alias, selectable.CTE, selectable.CompoundSelect, selectable.Exists,
        selectable.ForUpdateArg, selectable.FromGrouping, selectable.Join, selectable.Lateral,
        selectable.ScalarSelect, selectable.Select, selectable.SelectStatementGrouping, selectable.Subquery,
        selectable.TableValuedAlias, selectable._MemoizedSelectEntities,
    }
)  # fmt: skip
_WRITE_CLASSES: Final = INSERT_CLASSES | {
    dml.Update, dml.Delete, sqlite.dml.OnConflictDoNothing, sqlite.dml.OnConflictDoUpdate,
    postgresql.dml.OnConflictDoNothing, postgresql.dml.OnConflictDoUpdate,
}  # fmt: skip
SAVEPOINT_CLASSES: Final = frozenset(
    {elements.SavepointClause, elements.ReleaseSavepointClause, elements.RollbackToSavepointClause}
)
CLASSES: Final[frozenset[type]] = (
    FUNCTION_CLASSES
    | COLUMN_CLASSES
    | PARAMETER_CLASSES
    | VALUES_CLASSES
    | OUR_CLASSES
    | _EXPRESSION_CLASSES
    | _SELECT_CLASSES
    | _WRITE_CLASSES
    | SAVEPOINT_CLASSES
)
ADDITIONS: Final = (
    "_prefixes", "_suffixes", "_hints", "_statement_hints", "_with_options", "_compile_state_funcs",
    "_propagate_attrs", "_post_select_clause", "_pre_columns_clause", "_post_criteria_clause",
    "_post_body_clause",
)  # fmt: skip
REFUSED_VISITS: Final = (
    "aggregate_order_by", "array", "collation", "custom_op_binary", "custom_op_unary_modifier",
    "custom_op_unary_operator", "fromclause", "index", "lambda_element", "next_value_func", "override_binds",
    "postgresql_distinct_on", "scalar_function_column", "sequence", "slice", "tablesample", "textclause",
    "textual_label_reference", "textual_select", "tstring", "tstring_text",
)  # fmt: skip
"""What SQLAlchemy could still render if a statement made of listed parts only turned into it."""
