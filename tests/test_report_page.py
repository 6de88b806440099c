"""A run as one page: whole, escaped, and without anything from elsewhere."""

import re
from html.parser import HTMLParser

import numpy as np
import pytest

from prefrontal.cli import main
from prefrontal.reports.curves import learning_curves
from prefrontal.reports.page import Compared, Figure, RunPart, render, verdict_rows
from prefrontal.runs.seed_folder import CONFIG

SETTINGS = f"runs/wang2018-two-step/one/{CONFIG}"
NASTY = "<script>alert('1')</script> & \"x\""


class Tags(HTMLParser):
    """Every tag opened, with its attributes; those not closed in their order are told."""

    def __init__(self, page: str):
        super().__init__()
        self.tags, self.open, self.wrong = [], [], []
        self.feed(page)

    def handle_starttag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))
        if tag not in ("meta", "img", "line", "circle", "rect", "polyline"):
            self.open.append(tag)

    def handle_startendtag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))

    def handle_endtag(self, tag):
        if self.open.pop() != tag:
            self.wrong.append(tag)


def part(name: str) -> RunPart:
    curves = learning_curves(np.arange(10.0, 110, 10), {0: np.linspace(0, 1, 10), 1: np.linspace(0, 2, 10)})
    words = dict.fromkeys(("title", "asked", "state", "again", "cite", "config", "environment", "note"), NASTY)
    verdicts = [{"name": NASTY, "published": None, "measured": 0.5, "tolerance": None, "passed": False}]
    return RunPart(
        name=name,
        **words,
        changed=[NASTY],
        figures=[Figure(NASTY, "PHN2Zz48L3N2Zz4=", NASTY)],
        verdicts=verdict_rows(verdicts),
        curves=[(NASTY, curves)],
        seeds=[["seed", NASTY], ["0", NASTY]],
    )


def test_nothing_that_it_is_given_becomes_a_tag_and_nothing_comes_from_elsewhere():
    page = render([part(NASTY), part("other")], Compared([NASTY, "other"], [[NASTY, "1", "2"]], [[NASTY, "", "", ""]]))
    read = Tags(page)
    assert read.open == read.wrong == []
    assert "script" not in {tag for tag, _ in read.tags}
    links = [value for _, attrs in read.tags for name, value in attrs.items() if name in ("src", "href", "srcset")]
    assert links
    assert all(value.startswith("data:image/svg+xml;base64,") for value in links)
    assert not re.search(r"url\(|@import|https?:|\son\w+=", page)
    assert all(attrs["alt"] for tag, attrs in read.tags if tag == "img")
    assert len([tag for tag, _ in read.tags if tag == "h1"]) == 1


def test_curves_are_where_their_numbers_are():
    curves = learning_curves(np.arange(1.0, 601), {3: np.arange(600.0), 5: np.arange(600.0) + 2})
    assert len(curves.places) == 60
    assert curves.places[0]["words"] == "episode 10: 5.50 (4.50 to 6.50)"
    points = [tuple(map(float, point.split(","))) for point in curves.mean.split()]
    assert len(points) == 60
    assert points[-1][0] == curves.right
    assert all(curves.top <= y <= curves.bottom for _, y in points)
    assert np.diff([y for _, y in points]).max() < 0  # upwards is less
    flat = learning_curves(np.arange(1.0, 4), {0: np.ones(3)})
    assert flat.places[0]["words"] == "episode 1: 1.00"


def test_columns_that_nothing_is_in_are_left_out():
    row = {"name": "a", "published": 0.5, "measured": 0.4, "tolerance": 0.2, "passed": True}
    assert verdict_rows([row])[0] == ["measure", "published", "measured", "verdict"]
    assert verdict_rows([row])[1][-1] == "yes"
    assert verdict_rows([]) == []


@pytest.mark.thorough
def test_a_run_and_two_runs(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    numbers = "--task.encoding trial --task.num-trials 5 --train.unroll 5 --train.num-episodes 20 --test.num-episodes 5"
    for name, more in (("one", ""), ("two", "--train.discount .8")):
        main(f"reproduce wang2018-two-step {numbers} --seeds 0 1 --name {name} {more}".split())
    main(["report", "one"])
    page = (tmp_path / "report.html").read_text(encoding="utf-8")
    for words in ("prefrontal reproduce wang2018-two-step", "--task.num-trials 5", "Wang et al. (2018)", "Learning"):
        assert words in page
    assert page.count("data:image/svg+xml") == 1
    assert Tags(page).open == []
    main(["report", "one", "two", "--out", "both.html"])
    both = (tmp_path / "both.html").read_text(encoding="utf-8")
    assert "--train.discount" in both
    assert "second less first" in both
    capsys.readouterr()
    for arguments, message in (
        (["report", "one"], "`out` must be new, got report.html"),
        (["report", "one", "--out", "."], "`out` must be a file, got a folder, ."),
        (["report", "one", "--out", SETTINGS, "--overwrite"], f"`out` must not be a file that is read, got {SETTINGS}"),
        (["report", "nothing", "--out", "new.html"], "`run` must be the folder of a run, got nothing"),
        (["report", "one", "one", "one"], "`runs` must be one run, or two, got 3"),
    ):
        with pytest.raises(SystemExit):
            main(arguments)
        assert message in " ".join(capsys.readouterr().err.split())
