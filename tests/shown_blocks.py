"""What the pages show: blocks of code between fences, and lines of a shell that are set in."""

import re
import shlex
import textwrap
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[1]
PAGES = [path for names in ("docs/*.md", "*.md", "notebooks/*.md") for path in sorted(ROOT.glob(names))]


FENCED = re.compile(r"^( *)```(\w*)\n(.*?)^\1```$", re.MULTILINE | re.DOTALL)


@dataclass(frozen=True)
class Line:
    """A command as a page shows it."""

    page: str
    text: str

    def words(self) -> list[str]:
        """As a shell would hand them on: without prompt, comment, settings of the environment and `&`."""
        words = shlex.split(self.text, comments=True)
        while words and (words[0] == "$" or re.fullmatch(r"[A-Z_]+=\S*", words[0])):
            del words[0]
        return [word for word in words if word != "&"]


def name_of(page: Path) -> str:
    return page.relative_to(ROOT).as_posix()


def fenced(page: Path) -> list[tuple[str, str]]:
    """Every block between fences: its language, and what stands in it."""
    found = FENCED.findall(page.read_text(encoding="utf-8"))
    return [(language, textwrap.dedent(text)) for _, language, text in found]


def blocks(name: str, language: str = "python") -> list[str]:
    """The blocks of a page in one language, in their order."""
    return [text for found, text in fenced(ROOT / name) if found == language]


def shell_lines(page: Path) -> list[Line]:
    """Every line that is set in, or between fences without a language; continued ones as one."""
    shown = lambda found: "" if found[2] else textwrap.indent(textwrap.dedent(found[3]), "    ")  # noqa: E731
    text = FENCED.sub(shown, page.read_text(encoding="utf-8"))
    joined = re.sub(r"\\\n\s*", "", text)
    return [Line(name_of(page), found.strip()) for found in re.findall(r"^ {4,}(\S.*)$", joined, re.MULTILINE)]


def commands() -> list[Line]:
    """Every `prefrontal ...` line of every page."""
    found = [line for page in PAGES for line in shell_lines(page)]
    return [line for line in found if re.match(r"(\$ )?([A-Z_]+=\S+ )*prefrontal ", line.text)]
