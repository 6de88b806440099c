"""The page of `prefrontal play`: its words, and that it is plain files that need nothing of others."""

import json
import re
from importlib.resources import files

import pytest

PAGE = files("prefrontal") / "play" / "page"
LANGUAGES = ("en", "de", "fr")
SCRIPTS = sorted(
    (file for file in (PAGE / "static").iterdir() if file.name.endswith(".js")), key=lambda file: file.name
)
PLACE = re.compile(r"\{\w+\}")


def words(language: str) -> dict[str, str]:
    return json.loads((PAGE / "words" / f"{language}.json").read_text("utf-8"))


@pytest.mark.parametrize("language", LANGUAGES[1:])
def test_every_language_says_the_same(language):
    ours, english = words(language), words("en")
    assert list(ours) == list(english)
    for key, text in english.items():
        assert sorted(PLACE.findall(ours[key])) == sorted(PLACE.findall(text)), key
        assert ours[key].count("\n") == text.count("\n"), key


def test_no_word_is_missing():
    """Keys that scripts name in full must be there, and of those they put together, the part that stands there."""
    known = words("en")
    for script in SCRIPTS:
        text = script.read_text("utf-8")
        for key in re.findall(r'say\(\s*"([^"]+)"', text):
            assert key in known, f"{script.name}: {key}"
        for start in re.findall(r"say\(`([^$`]+)\$\{", text):
            assert any(key.startswith(start) for key in known), f"{script.name}: {start}"
        for name in re.findall(r'notice\("([^"]+)"', text):
            assert {f"{name}.title", f"{name}.text"} <= set(known), f"{script.name}: {name}"


def test_nothing_comes_from_elsewhere():
    """Under `default-src 'self'` no script in the page runs, no style attribute counts and no other host is asked."""
    html = (PAGE / "index.html").read_text("utf-8")
    assert re.findall(r"<script[^>]*>", html) == ['<script type="module" src="static/main.js">']
    assert "style=" not in html
    assert "<style" not in html
    assert re.search(r"\son\w+=", html) is None
    for script in SCRIPTS:
        text = script.read_text("utf-8").replace("http://www.w3.org/2000/svg", "")
        assert re.search(r"https?://|\beval\(|new Function|setAttribute\(\"style\"", text) is None, script.name
        for module in re.findall(r'from "([^"]+)"', text):
            assert (PAGE / "static" / module.removeprefix("./")).is_file(), f"{script.name}: {module}"


def test_scripts_stay_short():
    assert max(script.read_text("utf-8").count("\n") for script in SCRIPTS) <= 300


def test_every_story_has_its_words():
    """As many pages and questions as tasks.js says, the right answer of each question first, and one that is wrong."""
    known = words("en")
    stories = re.findall(
        r'"?([\w-]+)"?: \{ pages: (\d), .*quiz: \[(.*)\]', (PAGE / "static" / "tasks.js").read_text("utf-8")
    )
    assert {name for name, _, _ in stories} == {"two-step", "daw", "bandit", "reversal", "harlow"}
    for name, pages, quiz in stories:
        for page in range(1, int(pages) + 1):
            assert {f"{name}.instructions.{page}", f"{name}.instructions.{page}.title"} <= set(known)
        assert f"{name}.instructions.{int(pages) + 1}" not in known
        for question in re.findall(r'"(\w+)"', quiz):
            assert {f"{name}.quiz.{question}{end}" for end in ("", ".0", ".1")} <= set(known)
