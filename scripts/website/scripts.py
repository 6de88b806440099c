"""The page of the scripts that are there to be copied."""

import ast

from website.places import ROOT


def scripts_page() -> dict[str, str]:
    """The page, by its name."""
    lines = ["# Scripts to copy and change", "", "They run as they stand, and the tests run them.", ""]
    for path in sorted((ROOT / "docs" / "scripts").glob("*.py")):
        told = ast.get_docstring(ast.parse(path.read_text(encoding="utf-8"))) or ""
        first = told.partition("\n\n")[0].replace("\n", " ")
        lines += [f"## {path.name}", "", first, "", f"{{download}}`{path.name} <scripts/{path.name}>`", ""]
        lines += [f"```{{literalinclude}} scripts/{path.name}", ":language: python", "```", ""]
    return {"scripts.md": "\n".join(lines)}
