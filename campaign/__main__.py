"""Runs the parts of the campaign, each in a process of its own, and makes the report of all that were run."""

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import campaign
from campaign import PARTS, ROOT
from campaign.frame import parser
from prefrontal.runs.files import make_folder, write_text

HEAD = "| tried | number | failed | lost | |\n|---|---:|---:|---|---|"


def report(folder: Path) -> str:
    """The table of all parts whose results lie in `folder`, as Markdown."""
    return "\n".join(["# The campaign", *_parts(folder)]) + "\n"


def _parts(folder: Path) -> Iterator[str]:
    for name, title in PARTS.items():
        if not (folder / f"{name}.json").exists():
            continue
        told = json.loads((folder / f"{name}.json").read_text(encoding="utf-8"))
        yield f"\n## {title}\n\n{HEAD}"
        yield from map(_line, told["rows"])
        made, ran = told["environment"], f"Seed {told['seed']}, scale {told['scale']:g}, {told['seconds']:,.0f} s"
        yield f"\n{ran}; {made['time']}, commit {made['commit']}, {made['platform']}, {made['cpu_count']} cores."
        examples = [example for row in told["rows"] for example in row["examples"]]
        yield from ["\nFailures:\n", *(f"- `{example}`" for example in examples)] if examples else ()


def _line(row: dict[str, Any]) -> str:
    cells = (row["tried"], f"{row['number']:,}", f"{row['failed']:,}", row["lost"], row["told"])
    return f"| {' | '.join(cell.replace('|', '/') for cell in cells)} |"


def main() -> None:
    """Run what the command line asks for."""
    options = parser(campaign.__doc__ or "")
    options.add_argument("parts", nargs="*", metavar="PART", help=f"of {', '.join(PARTS)}; none: all")
    asked = options.parse_args()
    if unknown := set(asked.parts).difference(PARTS):
        options.error(f"unknown: {', '.join(sorted(unknown))}")
    codes = {}
    make_folder(asked.out)
    for name in asked.parts or PARTS:
        (asked.out / f"{name}.json").unlink(missing_ok=True)
        given = ["--seed", asked.seed, "--scale", asked.scale, "--seconds", asked.seconds, "--out", asked.out.resolve()]
        given += ["--more"] * asked.more
        codes[name] = subprocess.run([sys.executable, "-m", f"campaign.{name}", *map(str, given)], cwd=ROOT).returncode
        write_text(asked.out / "report.md", report(asked.out))
    print(f"Report: {asked.out / 'report.md'}")
    failed = [f"{name} (exit code {code})" for name, code in codes.items() if code]
    sys.exit(f"Failed: {', '.join(failed)}" if failed else 0)


if __name__ == "__main__":
    main()
