"""Docstrings of the package as reStructuredText: Sphinx calls `process_docstring` and `process_signature`."""

import ast
import inspect
import re
import textwrap
from collections.abc import Collection
from typing import Any

SECTION = re.compile(r"^(Arguments|Fields|Returns|Yields|Raises|Example|References?):$")
FIELDS = {"Arguments": "param", "Raises": "raises"}


def process_docstring(app: Any, what: str, name: str, obj: Any, options: Any, lines: list[str]) -> None:
    """Rewrite `lines`, a docstring, in place."""
    from prefrontal import __all__ as public

    own = set(vars(obj).get("__annotations__", ())) if inspect.isclass(obj) else set()
    lines[:] = to_rst("\n".join(lines), set(public), shown=own).splitlines()


def process_signature(
    app: Any, what: str, name: str, obj: Any, options: Any, signature: str | None, returns: str | None
) -> tuple[str, str] | None:
    """The signature as the source has it, not what its types resolve to; of a class the names alone."""
    if what == "class":
        return short_signature(obj), ""
    found = written_signature(obj)
    return None if found is None else (found, "")


def short_signature(kind: type) -> str:
    """Names and defaults of what makes a class; its fields tell their types."""
    try:
        signature = inspect.signature(kind)
    except (TypeError, ValueError):
        return "()"
    plain = [
        one.replace(annotation=inspect.Parameter.empty)
        for one in signature.parameters.values()
        if not one.name.startswith("_")
    ]
    text = str(inspect.Signature(plain))
    return re.sub(r"<[^<>]*>", "...", text)


def written_signature(function: Any) -> str | None:
    """The signature of a function as its source has it; None where there is no source to read."""
    try:
        source = textwrap.dedent(inspect.getsource(inspect.unwrap(function)))
        node = ast.parse(source).body[0]
    except (OSError, TypeError, SyntaxError, IndexError):
        return None
    if not isinstance(node, ast.FunctionDef):
        return None
    if node.args.args and node.args.args[0].arg in ("self", "cls"):
        node.args.args = node.args.args[1:]
    for annotated in [*node.args.args, *node.args.kwonlyargs]:
        if isinstance(annotated.annotation, ast.Constant) and isinstance(annotated.annotation.value, str):
            annotated.annotation = ast.Name(annotated.annotation.value)
    returns = node.returns
    if isinstance(returns, ast.Constant) and isinstance(returns.value, str):
        returns = ast.Name(returns.value)
    return f"({ast.unparse(node.args)})" + (f" -> {ast.unparse(returns)}" if returns is not None else "")


def to_rst(text: str, public: set[str], shown: Collection[str] = ()) -> str:
    """A docstring as reStructuredText.

    Arguments:
        text: the docstring, without its common indentation.
        public: names that links lead to.
        shown: fields that are shown below, each by itself, and need not be listed.
    """
    written: list[str] = []
    for heading, body in _sections(text):
        if heading == "Example":
            written += [".. rubric:: Example", "", body, ""]
        elif heading in ("Reference", "References"):
            entries = "\n".join(f"- {_prose(entry, public)}" for entry in _entries(body))
            written += [f".. rubric:: {heading}", "", entries, ""]
        elif heading == "Fields":
            fields = [entry for entry in _entries(body) if entry.partition(":")[0] not in shown]
            listed = [_field(entry, public) for entry in fields]
            written += [".. rubric:: Fields that others have, too", "", *listed, ""] if listed else []
        elif heading in FIELDS:
            written += [line for entry in _entries(body) for line in _fields(FIELDS[heading], entry, public)] + [""]
        elif heading in ("Returns", "Yields"):
            written += [f":returns: {_prose(' '.join(body.split()), public)}", ""]
        else:
            written += [_body(body, public), ""]
    return "\n".join(written)


def _sections(text: str) -> list[tuple[str, str]]:
    """What stands before the first heading, and below each."""
    sections: list[tuple[str, list[str]]] = [("", [])]
    for line in text.splitlines():
        if found := SECTION.match(line):
            sections.append((found[1], []))
        elif sections[-1][0] and line and not line.startswith(" "):
            sections.append(("", [line]))
        else:
            sections[-1][1].append(line)
    return [(heading, textwrap.dedent("\n".join(lines)).strip("\n")) for heading, lines in sections]


def _entries(body: str) -> list[str]:
    """Entries that begin at the margin, each in one line."""
    entries: list[str] = []
    for line in body.splitlines():
        if line and not line.startswith(" "):
            entries.append(line)
        elif entries:
            entries[-1] = f"{entries[-1]} {line.strip()}".rstrip()
    return entries


def _field(entry: str, public: set[str]) -> str:
    name, _, told = entry.partition(":")
    return f"- ``{name}``: {_prose(told.strip(), public)}"


def _fields(kind: str, entry: str, public: set[str]) -> list[str]:
    names, _, told = entry.partition(": ")
    return [f":{kind} {name}: {_prose(told, public)}" for name in names.split(", ")]


def _body(body: str, public: set[str]) -> str:
    """Paragraphs; what is set in is shown as it stands."""
    blocks = re.split(r"\n\s*\n", body)
    written: list[str] = []
    for block in blocks:
        if block.startswith("    "):
            written += ["::", "", block, ""]
        elif re.match(r"[-*] ", block):
            entries = re.split(r"\n(?=[-*] )", block)
            written += [f"- {_prose(' '.join(entry[2:].split()), public)}" for entry in entries] + [""]
        elif "\n    " in block:
            before, _, inside = block.partition("\n    ")
            written += [_prose(before, public), "", "::", "", f"    {inside}", ""]
        else:
            written += [_prose(block, public), ""]
    return "\n".join(written)


def _prose(text: str, public: set[str]) -> str:
    """Plain text, where names between backticks are code, and public ones links."""
    parts = re.split(r"(``?[^`]+``?)", text)
    return "".join(_code(part, public) if part.startswith("`") else _escaped(part) for part in parts)


def _code(quoted: str, public: set[str]) -> str:
    inner = " ".join(quoted.strip("`").split())
    name = inner.removeprefix("prefrontal.").removeprefix("pf.")
    return f":py:obj:`~prefrontal.{name}`" if name in public else f"``{inner}``"


def _escaped(text: str) -> str:
    return re.sub(r"([*|\\])|(?<=\w)_(?=\W|$)", lambda found: f"\\{found[0]}", text)
