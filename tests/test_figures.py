"""What the figures draw: the numbers, where they stand, and the files."""

import itertools
import re
import subprocess
import sys

import numpy as np
import pytest
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.colors import to_rgb
from matplotlib.figure import Figure

from prefrontal.errors import UserError
from prefrontal.figures.panels import LearningCurves, learning_curves, stay_bars
from prefrontal.figures.style import PALETTE
from prefrontal.figures.two_step import two_step_figure

CONDITIONS = ("common_rewarded", "uncommon_rewarded", "common_unrewarded", "uncommon_unrewarded")
PUBLISHED = dict(zip(CONDITIONS, (0.989, 0.638, 0.621, 0.988), strict=True))


def make_result(num_seeds=8, **changes):
    rng = np.random.default_rng(num_seeds)
    conditions = {}
    for name, centre, published in zip(CONDITIONS, (0.989, 0.6, 0.62, 0.988), PUBLISHED.values(), strict=True):
        seeds = np.clip(rng.normal(centre, 0.03 * (centre < 0.9) + 0.002, num_seeds), 0, 1)
        conditions[name] = {
            "per_seed": seeds.tolist(),
            "mean": seeds.mean(),
            "interval95": [seeds.mean() - 0.02, seeds.mean() + 0.02] if num_seeds > 1 else [None, None],
            "published": published,
            "bayes_optimal": round(centre, 1),
        } | changes
    return {"stay_probability": conditions}


def make_curves(num_seeds=8, num_episodes=1000, spacing=1):
    rng = np.random.default_rng(num_seeds)
    episodes = spacing * np.arange(1, num_episodes + 1)
    reward = 50 + 19 * episodes / episodes[-1] + rng.normal(0, 5, (num_seeds, num_episodes))
    return LearningCurves(episodes, reward, chance=50.0, bayes_optimal=70.7, oracle=74.0)


def make_axes():
    return Figure().add_subplot()


def drawn(ax, kind):
    """Artists of the axes whose name begins with `kind`, by the rest of their names."""
    named = {artist.get_gid(): artist for artist in (*ax.lines, *ax.patches) if artist.get_gid()}
    return {name.removeprefix(f"{kind}-"): artist for name, artist in named.items() if name.startswith(f"{kind}-")}


def legend_of(ax):
    return [text.get_text() for text in ax.get_legend().get_texts()]


@pytest.mark.parametrize("num_seeds", [1, 2, 8, 20])
def test_bars_and_dots_are_the_numbers(num_seeds):
    result, ax = make_result(num_seeds), make_axes()
    stay_bars(result, ax)
    ours, published, seeds = drawn(ax, "ours"), drawn(ax, "published"), drawn(ax, "seed")
    bayes_optimal, interval = drawn(ax, "bayes_optimal"), drawn(ax, "interval")
    for name, part in result["stay_probability"].items():
        assert (ours[name].get_y(), ours[name].get_height()) == (0, part["mean"])
        assert (published[name].get_y(), published[name].get_height()) == (0, part["published"])
        np.testing.assert_array_equal(bayes_optimal[name].get_ydata(), [part["bayes_optimal"]])
        np.testing.assert_array_equal(seeds[name].get_ydata(), part["per_seed"])
        if num_seeds > 1:
            np.testing.assert_array_equal(interval[name].get_ydata(), np.minimum(part["interval95"], 1))
        # The dots stand on their own bar, and the published bar, beside it, covers none.
        left, right = ours[name].get_x(), ours[name].get_x() + ours[name].get_width()
        assert ((left < seeds[name].get_xdata()) & (seeds[name].get_xdata() < right)).all()
        assert right < published[name].get_x()
    assert len(interval) == (4 if num_seeds > 1 else 0)


def test_bars_are_grouped_by_outcome_and_coloured_by_transition():
    ax = make_axes()
    stay_bars(make_result(), ax)
    ours = drawn(ax, "ours")
    assert sorted(ours, key=lambda name: ours[name].get_x()) == list(CONDITIONS)
    for name, bar in ours.items():
        assert bar.get_facecolor()[:3] == to_rgb(PALETTE[name.split("_")[0]])
    groups = dict(zip(ax.get_xticks(), (label.get_text() for label in ax.get_xticklabels()), strict=True))
    for name, bar in ours.items():
        nearest = min(groups, key=lambda tick: abs(tick - bar.get_x()))
        assert groups[nearest] == ("after no reward" if "unrewarded" in name else "after reward")
    minor = [label.get_text() for label in ax.get_xticklabels(minor=True)]
    assert minor == ["common", "uncommon"] * 2


@pytest.mark.parametrize("value", [0.0, 0.5, 1.0])
def test_identical_seeds_stay_apart_and_in_sight(value):
    part = {"per_seed": [value] * 8, "mean": value, "interval95": [value, value], "bayes_optimal": value}
    ax = two_step_figure(make_result(**part), make_curves(), "").axes[0]
    figure = ax.figure
    figure.draw_without_rendering()
    for dots in drawn(ax, "seed").values():
        pixels = ax.transData.transform(dots.get_xydata())
        assert (np.diff(pixels[:, 0]) > dots.get_markersize() * figure.dpi / 72).all()
        assert ax.get_xlim()[0] < dots.get_xdata().min() < dots.get_xdata().max() < ax.get_xlim()[1]
        assert ax.get_ylim()[0] < value < ax.get_ylim()[1]
        radius = dots.get_markersize() / 2 * figure.dpi / 72
        assert ax.bbox.y0 <= pixels[:, 1].min() - radius < pixels[:, 1].max() + radius <= ax.bbox.y1


def test_axis_shows_all_probabilities():
    ax = make_axes()
    stay_bars(make_result(), ax)
    assert ax.get_ylim()[0] <= 0
    assert ax.get_ylim()[1] >= 1
    assert (min(ax.get_yticks()), max(ax.get_yticks())) == (0, 1)


def test_intervals_are_cut_at_the_limits_of_probability():
    ax = make_axes()
    stay_bars(make_result(interval95=[-0.2, 1.3]), ax)
    for line in drawn(ax, "interval").values():
        np.testing.assert_array_equal(line.get_ydata(), [0, 1])


def test_what_is_not_there_is_not_drawn():
    ax = make_axes()
    stay_bars(make_result(1, published=None, bayes_optimal=None), ax)
    assert not drawn(ax, "published")
    assert not drawn(ax, "bayes_optimal")
    assert legend_of(ax) == ["one seed"]
    stay_bars(make_result(), full := make_axes())
    assert legend_of(full) == ["one seed", "95 % interval of the mean", "published", "Bayes-optimal"]


@pytest.mark.parametrize("nothing", [None, float("nan")])
def test_condition_without_trials_says_so(nothing):
    result, ax = make_result(), make_axes()
    result["stay_probability"]["uncommon_rewarded"] |= {
        "per_seed": [nothing] * 8,
        "mean": nothing,
        "interval95": [nothing, nothing],
    }
    result["stay_probability"]["common_rewarded"]["per_seed"][2] = nothing
    stay_bars(result, ax)
    assert set(drawn(ax, "ours")) == set(drawn(ax, "seed")) == set(CONDITIONS) - {"uncommon_rewarded"}
    assert np.isnan(drawn(ax, "seed")["common_rewarded"].get_ydata()).sum() == 1
    assert [text.get_text() for text in ax.texts] == ["no such\ntrials"]


@pytest.mark.parametrize(("num_episodes", "window"), [(1, 1), (10, 1), (100, 2), (1000, 20), (30_000, 600)])
def test_curves_are_running_means(num_episodes, window):
    curves, ax = make_curves(3, num_episodes), make_axes()
    learning_curves(curves, ax)
    assert curves.window == window
    lines = drawn(ax, "seed")
    assert len(lines) == 3
    for number, line in lines.items():
        assert len(line.get_xdata()) <= 800
        for episode, reward in line.get_xydata()[:: max(1, len(line.get_xdata()) // 20)]:
            first = round(episode - (window + 1) / 2)
            np.testing.assert_allclose(episode, curves.episodes[first : first + window].mean())
            np.testing.assert_allclose(reward, curves.reward[int(number), first : first + window].mean())
    (mean,) = [line for line in ax.lines if line.get_gid() == "mean"]
    np.testing.assert_allclose(mean.get_ydata(), np.mean([line.get_ydata() for line in lines.values()], axis=0))
    np.testing.assert_allclose(mean.get_xdata()[-1], num_episodes - (window - 1) / 2)
    assert legend_of(ax) == ["one seed", "mean of 3 seeds"]


@pytest.mark.parametrize(("spacing", "said"), [(1, "20"), (50, "1,000")])
def test_window_is_stated_in_episodes(spacing, said):
    ax = make_axes()
    learning_curves(make_curves(2, 1000, spacing), ax)
    assert ax.get_ylabel() == f"Reward per episode\n(running mean of {said})"
    learning_curves(make_curves(2, 10), unsmoothed := make_axes())
    assert unsmoothed.get_ylabel() == "Reward per episode"


def test_single_seed_is_drawn_once_as_one_seed():
    ax = make_axes()
    learning_curves(make_curves(1), ax)
    assert not drawn(ax, "seed")
    assert legend_of(ax) == ["one seed"]


def test_curves_with_gaps_are_drawn_where_there_is_a_reward():
    curves = make_curves(2)
    curves.reward[0, 300:] = np.nan
    ax = make_axes()
    learning_curves(curves, ax)
    gap = np.isnan(drawn(ax, "seed")["0"].get_ydata())
    assert 0 < gap.sum() < len(gap)
    assert np.isfinite(drawn(ax, "seed")["1"].get_ydata()).all()


def test_references_are_drawn_and_named_at_their_height():
    figure = two_step_figure(make_result(), make_curves(), "")
    ax = figure.axes[1]
    lines = {line.get_gid(): line.get_ydata()[0] for line in ax.lines}
    heights = {text.get_text(): text.get_position()[1] for text in ax.texts}
    for name, value in (("chance", 50.0), ("Bayes-optimal", 70.7), ("oracle", 74.0)):
        assert lines[name] == value
        assert abs(heights[f"{name} {value:.3g}"] - value) < 0.5
        assert ax.get_ylim()[0] < value < ax.get_ylim()[1]


def test_names_of_close_references_do_not_overlap():
    curves = LearningCurves(np.arange(1, 11), np.linspace(0, 100, 20).reshape(2, 10), 50.0, 50.1, 50.2)
    figure = two_step_figure(make_result(), curves, "")
    figure.draw_without_rendering()
    boxes = [text.get_window_extent() for text in figure.axes[1].texts]
    assert not any(one.overlaps(other) for one, other in itertools.combinations(boxes, 2))


TITLES = [
    "Two-step task",
    "A title that takes more than a line, as it names the encoding, the unroll and the optimiser",
]


@pytest.mark.parametrize("title", TITLES)
@pytest.mark.parametrize("num_seeds", [1, 20])
def test_every_word_is_inside_the_figure_and_none_overlap(title, num_seeds):
    figure = two_step_figure(make_result(num_seeds), make_curves(num_seeds, 100_000), title, source="long source " * 9)
    figure.draw_without_rendering()
    texts = [*figure.texts]
    for ax in figure.axes:
        texts += [*ax.texts, *ax.get_legend().get_texts(), ax.xaxis.label, ax.yaxis.label]
        texts += [*ax.get_xticklabels(), *ax.get_xticklabels(minor=True)]
        bottom, top = ax.get_ylim()
        texts += [label for label in ax.get_yticklabels() if bottom <= label.get_position()[1] <= top]
    texts = [text for text in texts if text.get_text()]
    assert len(texts) > 30
    boxes = {text.get_text() + str(number): text.get_window_extent() for number, text in enumerate(texts)}
    for name, box in boxes.items():
        assert 0 <= box.x0 < box.x1 <= figure.bbox.width, name
        assert 0 <= box.y0 < box.y1 <= figure.bbox.height, name
    for (name, box), (other, beside) in itertools.combinations(boxes.items(), 2):
        assert not box.overlaps(beside), (name, other)


def test_caption_tells_seeds_episodes_and_source():
    def caption(*arguments, **more):
        return " ".join(two_step_figure(*arguments, "Title", **more).texts[-1].get_text().split())

    said = caption(make_result(), make_curves(8, 1000))
    assert said.startswith("8 seeds of 1,000 training episodes;")
    assert said.endswith("Published values: Wang et al. (2018), Figure 5c.")
    assert caption(make_result(1), make_curves(1, 1), source="Here").startswith("1 seed of 1 training episode;")
    assert caption(make_result(), make_curves(), source="Here").endswith("Published values: Here.")
    assert "Published" not in caption(make_result(published=None), make_curves())
    assert "Published" not in caption(make_result(), make_curves(), source="")


def test_curves_must_hold_something():
    with pytest.raises(UserError, match=re.escape("`reward` must not be empty, got shape (0, 5). Train first.")):
        LearningCurves(np.arange(5), np.zeros((0, 5)), 50.0, 70.7, 74.0)


def test_drawing_needs_no_jax_and_no_pyplot():
    code = (
        "import sys, prefrontal.figures.panels, prefrontal.analysis.behaviour, prefrontal.analysis.statistics\n"
        "from prefrontal.figures.style import style\n"
        "with style(): pass\n"
        "print(sorted({'jax', 'matplotlib.pyplot', 'scipy.stats'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_canvas_is_agg():
    assert isinstance(two_step_figure(make_result(), make_curves(), "").canvas, FigureCanvasAgg)
