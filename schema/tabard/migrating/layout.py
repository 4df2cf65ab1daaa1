"""Layout: prints statements as a formatter would, so that a drafted migration reads like a written one."""

import ast
import json
from typing import Any

INDENT = "    "
WIDTH = 110
IMPLIED = {
    "sa.Column": "nullable=True",
    "op.create_index": "unique=False",
    "batch_op.create_index": "unique=False",
    "op.batch_alter_table": "schema=None",
}


def laid_out(statement: ast.stmt, depth: int = 0) -> str:
    """The statement's text, indented `depth` times, one argument a line where it is too long for one."""
    margin = INDENT * depth
    if isinstance(statement, ast.With):
        items = ", ".join(_one_line(item) for item in statement.items)
        body = "\n".join(laid_out(inner, depth + 1) for inner in statement.body)
        return f"{margin}with {items}:\n{body}"
    if isinstance(statement, ast.Expr):
        return margin + _expression(statement.value, depth, trailing=0)
    return margin + _one_line(statement)


def _expression(node: ast.expr | ast.keyword, depth: int, trailing: int) -> str:
    line = _one_line(node)
    if len(INDENT * depth + line) + trailing <= WIDTH:
        return line
    if isinstance(node, ast.keyword):
        return f"{node.arg}={_expression(node.value, depth, trailing)}"
    return _call(node, depth) if isinstance(node, ast.Call) else line


def _call(node: ast.Call, depth: int) -> str:
    arguments: list[ast.expr | ast.keyword] = [*node.args, *node.keywords]
    margin = INDENT * (depth + 1)
    body = margin + ", ".join(_one_line(item) for item in arguments)
    if len(body) > WIDTH:
        body = "\n".join(f"{margin}{_expression(item, depth + 1, 1)}," for item in arguments)
    return f"{_one_line(node.func)}(\n{body}\n{INDENT * depth})"


def _one_line(node: ast.AST) -> str:
    return ast.unparse(_Plain().visit(node))


class _Quoted(str):
    """A string whose form in Python has double quotes."""

    __slots__ = ()

    def __repr__(self) -> str:
        return json.dumps(str(self), ensure_ascii=False)


class _Plain(ast.NodeTransformer):
    """Double quotes, and no argument that says what holds anyway."""

    def visit_Constant(self, node: ast.Constant) -> ast.Constant:
        return ast.Constant(_Quoted(node.value)) if isinstance(node.value, str) else node

    def visit_Call(self, node: ast.Call) -> Any:
        function = ast.unparse(node.func)
        if function in ("op.f", "batch_op.f"):
            return self.visit(node.args[0])
        implied = IMPLIED.get(function)
        node.keywords = [keyword for keyword in node.keywords if ast.unparse(keyword) != implied]
        if function == "sa.String" and node.keywords and node.keywords[0].arg == "length":
            node.args = [node.keywords.pop(0).value]
        return self.generic_visit(node)
