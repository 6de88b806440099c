"""The sources of the documentation site: nothing is left out, and every link has somewhere to lead."""

import re
import sys
from pathlib import Path

import pytest

import prefrontal
from prefrontal.commands import COMMANDS
from prefrontal.experiments import EXPERIMENTS

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT / "scripts"))

from website import api, commands, contents, docstrings, experiments, links, mending, places  # noqa: E402
from website.scripts import scripts_page  # noqa: E402


@pytest.fixture(scope="module")
def generated():
    """Every page that is made, but for what commands say of themselves, which takes long."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(commands, "told", lambda *words: f"usage: {' '.join(words)}")
        told = commands.command_pages()
    return {**contents.index_pages(), **scripts_page(), **api.api_pages(), **told, **experiments.experiment_pages()}


def test_every_page_is_below_another(generated):
    below = {"index"}
    for name, text in generated.items():
        for listed in re.findall(r"^```\{toctree\}\n(?::.*\n)*\n(.*?)^```", text, re.MULTILINE | re.DOTALL):
            below |= {str(Path(name).parent / page).removeprefix("./") for page in listed.split()}
    staged = [places.place(places.name_of(path)) for path in places.sources()]
    pages = {name.rpartition(".")[0] for name in [*staged, *generated] if name.endswith((".md", ".rst", ".ipynb"))}
    assert below == pages


def test_every_public_name_command_and_experiment_has_a_page(generated):
    assert sorted(name for names in api.topics().values() for name in names) == prefrontal.__all__
    assert {f"api/{name}.rst" for name in prefrontal.__all__} <= set(generated)
    assert {f"commands/{name}.md" for name in COMMANDS} <= set(generated)
    assert {f"experiments/{name}.md" for name in EXPERIMENTS} <= set(generated)
    assert all(api.first_sentence(name) for name in prefrontal.__all__)


def test_pages_of_experiments_show_figures_and_verdicts(generated):
    for name in experiments.FIGURES:
        assert name in EXPERIMENTS
    page = generated["experiments/wang2018-two-step.md"]
    assert "(../figure.png)" in page
    assert "| stay, common rewarded | 0.989 |" in page
    assert "[How sturdy is the two-step result?](../robustness.md)" in page
    assert "No networks come" in generated["experiments/emergence.md"]


def test_every_link_of_a_page_leads_to_one(generated):
    """Those that lead to no page of the site are refused where the sources are put together."""
    staged = {places.place(places.name_of(path)): places.staged(path) for path in places.sources()}
    names = {*staged, *generated}
    texts = {**{name: text.decode() for name, text in staged.items() if name.endswith(".md")}, **generated}
    for name, text in texts.items():
        for _, target, _ in places.LINK.findall(places.FENCED.sub("", text)):
            there = Path(ROOT / name).parent / target
            assert there.resolve().relative_to(ROOT).as_posix() in names, f"{name}: {target}"


def test_links_lead_to_the_same_from_elsewhere():
    text = "[it](../README.md#a-task), [here](own.md), ![so](figure.png)\n```\n[x](own.md)\n```\n[out](https://x.org)"
    assert places.with_links(text, "docs/runs.md", "a/b.md") == (
        "[it](../readme.md#a-task), [here](../own.md), ![so](../figure.png)\n```\n[x](own.md)\n```\n[out](https://x.org)"
    )
    with pytest.raises(LookupError, match=r"setup\.py has no place in the site"):
        places.with_links("[x](../setup.py)", "docs/runs.md")


def test_a_command_is_told_of_as_it_tells_itself(monkeypatch):
    monkeypatch.setenv("COLUMNS", "60")
    page = commands.page("example")
    assert "$ prefrontal example --help\nusage: prefrontal example" in page
    assert max(map(len, page.splitlines())) <= 80


DOCSTRING = """\
What it does, `evaluate` and all, with |x| and *y*:

    Q += a (r - Q)

Arguments:
    one, other: two numbers,
        of any size.
    rest: the `rest`.

Fields:
    own: Told below.
    given: Told by another.

Returns:
    A sum: of both.

Reference:
    Somebody (2020), Somewhere 1:1.

Example:
    >>> 1 + 1
    2
"""


def test_docstrings_become_what_sphinx_reads():
    text = docstrings.to_rst(DOCSTRING, {"evaluate"}, shown={"own"})
    assert r"What it does, :py:obj:`~prefrontal.evaluate` and all, with \|x\| and \*y\*:" in text
    assert "::\n\n    Q += a (r - Q)" in text
    assert ":param one: two numbers, of any size.\n:param other: two numbers" in text
    assert ":param rest: the ``rest``." in text
    assert "\n\n- ``given``: Told by another.\n\n:returns" in text
    assert ":returns: A sum: of both." in text
    assert ".. rubric:: Reference\n\n- Somebody (2020), Somewhere 1:1." in text
    assert ".. rubric:: Example\n\n>>> 1 + 1\n2" in text


def test_signatures_are_those_of_the_source():
    assert docstrings.written_signature(prefrontal.evaluate) == (
        "(agent: AbstractAgent, task: AbstractTask, key: PRNGKeyArray, *, num_episodes: int) -> Trajectory"
    )
    assert docstrings.short_signature(prefrontal.BanditConfig).startswith("(num_trials=")


def test_links_that_lead_nowhere_are_found(tmp_path):
    (tmp_path / "a.html").write_text(
        '<a href="b.html#here">x</a><a href="b.html#not">x</a><a href="https://x.org">x</a>'
    )
    (tmp_path / "b.html").write_text(
        '<h1 id="here">x</h1><img src="gone.png"><a href="a.html">x</a><a href="#here">x</a>'
    )
    assert links.broken_links(tmp_path) == ["a.html: b.html#not", "b.html: gone.png"]


def test_what_the_theme_leaves_is_mended():
    text = (
        '<summary><span>v</span></summary><th class="head"><p></p></th><th>x</th><dl>\n<dd>a,</dd>\n<dd>b,</dd>\n</dl>'
    )
    assert mending.mended(text) == (
        '<summary aria-label="Show or hide the pages below"><span>v</span></summary><td></td><th>x</th>'
        '<span class="sig-line">a,</span>\n<span class="sig-line">b,</span>\n'
    )
