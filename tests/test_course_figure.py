"""The curves over training, the plot of one moment, the bars side by side and the drawing of the network."""

import re

import numpy as np
import pandas as pd
import pytest
from drawn_texts import check_texts
from matplotlib.colors import to_rgb
from matplotlib.figure import Figure

from prefrontal.errors import UserError, on_the_command_line
from prefrontal.figures.architecture import architecture_figure
from prefrontal.figures.course import Course, course_figure, moment_figure, reward_curves, stay_curves
from prefrontal.figures.side_by_side import side_by_side_figure
from prefrontal.figures.style import PALETTE


@pytest.fixture(autouse=True)
def _messages_name_flags():
    """As on the command line; what they say to callers from Python is in `test_errors.py`."""
    with on_the_command_line():
        yield


CONDITIONS = ("common_rewarded", "uncommon_rewarded", "common_unrewarded", "uncommon_unrewarded")
PUBLISHED = dict(zip(CONDITIONS, (0.989, 0.638, 0.621, 0.988), strict=True))
REFERENCES = {"oracle": 74.0, "Bayes-optimal": 70.6, "chance": 50.0}


def make_curves(num_seeds=8, num_moments=6):
    rng = np.random.default_rng(num_seeds)
    stay = {name: rng.uniform(0, 1, (num_seeds, num_moments)) for name in CONDITIONS}
    return Course(500 * np.arange(num_moments), stay, rng.uniform(50, 70, (num_seeds, num_moments)))


def lines(ax):
    return {line.get_gid(): line for line in ax.lines if line.get_gid() and not line.get_gid().startswith("_")}


@pytest.mark.parametrize("num_seeds", [1, 8])
@pytest.mark.parametrize("outcome", ["rewarded", "unrewarded"])
def test_stay_curves_are_the_numbers(num_seeds, outcome):
    curves, ax = make_curves(num_seeds), Figure().add_subplot()
    stay_curves(curves, outcome, PUBLISHED, ax)
    drawn = lines(ax)
    assert len(drawn) == 2 * (2 + num_seeds * (num_seeds > 1))
    for transition in ("common", "uncommon"):
        name = f"{transition}_{outcome}"
        np.testing.assert_allclose(drawn[f"mean-{name}"].get_ydata(), curves.stay[name].mean(axis=0))
        np.testing.assert_array_equal(drawn[f"mean-{name}"].get_xdata(), curves.episodes)
        assert drawn[f"published-{name}"].get_xydata().tolist() == [[2500, PUBLISHED[name]]]
        for number, seed in enumerate(curves.stay[name] if num_seeds > 1 else []):
            np.testing.assert_array_equal(drawn[f"seed-{number}-{name}"].get_ydata(), seed)
        assert {to_rgb(drawn[kind].get_color()) for kind in drawn if kind.endswith(f"-{name}")} == {
            to_rgb(PALETTE[transition])
        }


def test_a_mean_is_over_the_seeds_that_met_the_condition():
    """An agent that always chooses one side never leaves, and an untrained one may never finish a trial."""
    curves = make_curves(num_seeds=3, num_moments=2)
    curves.stay["common_rewarded"][:] = [[0.2, np.nan], [0.4, np.nan], [np.nan, np.nan]]
    ax = Figure().add_subplot()
    stay_curves(curves, "rewarded", {}, ax)
    np.testing.assert_allclose(lines(ax)["mean-common_rewarded"].get_ydata(), [0.3, np.nan])
    assert not [name for name in lines(ax) if name.startswith("published")]


def test_rewards_that_end_below_chance_are_seen_all_the_same():
    curves, ax = make_curves(), Figure().add_subplot()
    curves.reward[:] = np.linspace(-90, -40, curves.reward.shape[1])
    reward_curves(curves, REFERENCES, ax)
    assert ax.get_ylim()[0] < -90
    assert ax.get_yscale() == "linear"


@pytest.mark.parametrize("lowest", [49.0, -100.0])
def test_what_lies_far_below_chance_is_compressed_and_said_to_be(lowest):
    curves, ax = make_curves(), Figure().add_subplot()
    curves.reward[0, 0] = lowest
    reward_curves(curves, REFERENCES, ax)
    said = [text.get_text() for text in ax.texts if "compressed" in text.get_text()]
    assert len(said) == (lowest < 0)
    bottom, top = ax.get_ylim()
    assert bottom < lowest
    assert top > 74
    heights = ax.transAxes.inverted().transform(ax.transData.transform([(0, lowest), (0, 50), (0, 74)]))[:, 1]
    assert 0 < heights[0] < heights[1] <= 0.3 < 0.9 < heights[2] < 1
    np.testing.assert_allclose(lines(ax)["mean-reward"].get_ydata(), curves.reward.mean(axis=0))
    for name, reward in REFERENCES.items():
        assert lines(ax)[name].get_ydata()[0] == reward


def test_no_moments_are_refused():
    with pytest.raises(UserError, match=r"`reward` must not be empty, got shape \(2, 0\)\. Train with --plot-every\."):
        Course(np.zeros(0), {}, np.zeros((2, 0)))


@pytest.mark.parametrize("num_seeds", [1, 8])
@pytest.mark.parametrize("published", [PUBLISHED, {}])
def test_the_figure_says_what_it_shows(num_seeds, published):
    figure = course_figure(
        make_curves(num_seeds),
        "A title",
        references=REFERENCES,
        published=published,
        source="Somebody (2018), Figure 5c",
        test_episodes=300,
    )
    said = " ".join(" ".join(text.get_text() for text in figure.texts).split())
    assert said.startswith("A title " + ("1 seed." if num_seeds == 1 else "8 seeds (thin) and their mean."))
    assert "At 6 moments the weights were frozen and tested for 300 episodes." in said
    assert ("Somebody (2018)" in said) == bool(published)
    legend = [text.get_text() for text in figure.legends[0].get_texts()]
    assert legend == ["common transition", "uncommon transition", *["published"] * bool(published)]
    assert [ax.get_title(loc="left") for ax in figure.axes][:2] == ["after reward", "after no reward"]
    check_texts(figure, least=6)


def test_the_plot_of_one_moment():
    part = {"interval95": [None, None], "bayes_optimal": None}
    result = {
        "stay_probability": {
            name: part | {"mean": mean, "per_seed": [mean], "published": PUBLISHED[name]}
            for name, mean in zip(CONDITIONS, (0.5, 0.6, 0.7, None), strict=True)
        }
    }
    figure = moment_figure(result, "Seed 3 after 2,500 episodes: reward 49.7")
    assert figure.texts[0].get_text() == "Seed 3 after 2,500 episodes: reward 49.7"
    heights = {bar.get_gid(): bar.get_height() for bar in figure.axes[0].patches if bar.get_gid()}
    assert heights["ours-uncommon_rewarded"] == 0.6
    assert "ours-uncommon_unrewarded" not in heights
    assert [text.get_text() for text in figure.axes[0].texts] == ["no such\ntrials"]


def test_side_by_side():
    table = pd.DataFrame({name: [mean - 0.1, mean + 0.1] for name, mean in zip(CONDITIONS, (0.8,) * 4, strict=True)})
    figure = side_by_side_figure({"Paper, Fig. 5c": PUBLISHED, "here, 2 seeds": table}, "Both")
    assert [ax.get_title(loc="left") for ax in figure.axes] == ["Paper, Fig. 5c", "here, 2 seeds"]
    paper, here = ({bar.get_gid(): bar.get_height() for bar in ax.patches} for ax in figure.axes)
    assert paper == PUBLISHED
    assert here == pytest.approx(dict.fromkeys(CONDITIONS, 0.8))
    below = [label.get_text() for label in figure.axes[0].get_xticklabels(minor=True)]
    assert below == [".99", ".64", ".62", ".99"]
    assert [len(ax.lines) for ax in figure.axes] == [0, 4]
    np.testing.assert_allclose(figure.axes[1].lines[0].get_ydata(), [0.7, 0.9])
    check_texts(figure, least=6)


@pytest.mark.parametrize("time_input", [False, True])
def test_the_network_is_drawn_with_its_numbers(time_input):
    figure = architecture_figure(5, 3, 64, time_input=time_input)
    said = [text.get_text() for text in figure.axes[0].texts if text.get_text()]
    assert {"observation (5)", "previous action (3)", "previous reward (1)", "LSTM\n64 units"} <= set(said)
    assert any(re.search(r"step of the episode", text) for text in said) == time_input
    check_texts(figure, least=6)
