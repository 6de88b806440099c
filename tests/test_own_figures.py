"""Figures of people's own results, their fits compared, learning curves: what is drawn, and what is refused."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from drawn_texts import check_texts
from matplotlib.figure import Figure

from prefrontal import Fit, KnownTask, TrainedAgents, UserError, compare_fits, find_model
from prefrontal.figures.fits import recovery_figure
from prefrontal.figures.own import plot_behaviour, plot_comparison, plot_fit, plot_learning, plot_stay
from prefrontal.fitting.intervals import bounded_interval
from prefrontal.trials.table import check_table


def fit(model: str, parameters: tuple[str, ...], bic: list[float], num_choices: int = 10) -> Fit:
    """A fit whose BIC is known."""
    values = {name: np.linspace(0.1, 0.9, len(bic)) for name in parameters}
    errors = {f"se_{name}": np.full(len(bic), 0.1) for name in parameters}
    table = pd.DataFrame({"subject": range(len(bic)), **values, **errors, "num_choices": num_choices, "bic": bic})
    table = table.assign(log_likelihood=-1.0, aic=2.0, converged=[True] * (len(bic) - 1) + [False])
    return Fit(model, "map", KnownTask(), parameters, {}, table)


def trials(seed: int, num: int = 60) -> pd.DataFrame:
    """Trials of one subject who chooses at random."""
    rng = np.random.default_rng(seed)
    columns = {name: rng.integers(2, size=num) for name in ("choice", "state", "common", "reward")}
    return check_table(pd.DataFrame({"subject": "ann", "session": 0, "trial": range(num), **columns}))


HYBRID = fit("hybrid", ("weight", "first_learning_rate"), [10.0, 20.0, 30.0])
BIASED = fit("biased-random", ("bias",), [11.0, 15.0, 30.0])
LEARNED = TrainedAgents((), (3, 4), {"reward": np.arange(240.0).reshape(2, 120), "policy_loss": np.zeros((2, 120))})


def test_each_subject_is_of_the_model_with_the_lowest_bic():
    comparison = compare_fits([HYBRID, BIASED])
    assert comparison.best.tolist() == ["hybrid", "biased-random", "hybrid"]  # of equal ones the first
    sums = {"num_parameters": 2, "log_likelihood": -3.0, "aic": 6.0, "bic": 60.0, "num_best": 2, "num_converged": 2}
    assert comparison.table.loc["hybrid", list(sums)].to_dict() == sums
    assert compare_fits({"one": HYBRID, "two": HYBRID}).table.index.tolist() == ["one", "two"]
    above, best = plot_comparison(comparison).axes
    assert [bar.get_width() for bar in above.patches] == [4.0, 0.0]
    assert [bar.get_width() for bar in best.patches] == [2, 1]


@pytest.mark.parametrize(
    ("fits", "message"),
    [
        ([], "`fits` must hold a fit or more, got none."),
        ([HYBRID, HYBRID], "`fits` must be of models that differ, got one twice."),
        ([HYBRID, fit("biased-random", ("bias",), [1.0, 2.0])], "`fits` must be of the same choices, got others in"),
        ([HYBRID, fit("biased-random", ("bias",), [1.0] * 3, 9)], "`fits` must be of the same choices, got others in"),
    ],
)
def test_fits_that_cannot_be_compared_are_refused(fits, message):
    with pytest.raises(UserError, match=f"^{message}"):
        compare_fits(fits)


def heading(figure: Figure) -> list[str]:
    return [text.get_text() for text in figure.texts]


def test_a_fit_is_drawn_by_parameter_and_says_what_its_bars_are():
    figure = plot_fit(HYBRID)
    assert [ax.get_xlabel().split()[0] for ax in figure.axes] == ["weight", "first"]
    said = ["hybrid, map: 3 subjects", "Subjects sorted by weight w; bars: 95 % intervals."]
    assert heading(figure) == said
    assert heading(plot_fit(HYBRID, "Rats"))[0] == "Rats"
    assert [label.get_text() for label in figure.axes[0].get_yticklabels()] == ["0", "1", "2"]
    check_texts(figure, least=10)
    many = fit("biased-random", ("bias",), [1.0] * 41)
    assert heading(plot_fit(many)) == ["biased-random, map: 41 subjects", "Line: median."]


def test_subjects_stand_in_the_same_row_of_every_panel():
    table = HYBRID.table.assign(weight=[0.9, 0.1, 0.5], first_learning_rate=[0.2, 0.8, 0.4], subject=["a", "b", "c"])
    first, second = plot_fit(replace(HYBRID, table=table)).axes
    assert [label.get_text() for label in first.get_yticklabels()] == ["b", "c", "a"]
    assert np.asarray(first.lines[0].get_xdata()).tolist() == [0.1, 0.5, 0.9]
    assert np.asarray(second.lines[0].get_xdata()).tolist() == [0.8, 0.4, 0.2]


def test_an_interval_lies_within_the_bounds_of_its_parameter():
    weight = find_model("hybrid").parameters(KnownTask())["weight"]
    value = np.array([0.001, 0.5, 0.5, 0.97, 1.0])
    error = np.array([0.02, 0.01, 0.4, 0.2, np.nan])
    low, high = bounded_interval(weight, value, error)
    assert ((low[:4] >= 0) & (low[:4] < value[:4]) & (value[:4] < high[:4]) & (high[:4] <= 1)).all()
    assert np.isnan([low[4], high[4]]).all()
    np.testing.assert_allclose([low[1], high[1]], [0.5 - 0.0196, 0.5 + 0.0196], atol=1e-4)  # far from both, and short
    table = HYBRID.table.assign(weight=[0.01, 0.5, 0.99], se_weight=[0.3, 0.3, np.nan])
    drawn = plot_fit(replace(HYBRID, table=table)).axes[0]
    (bars,) = drawn.collections
    ends = np.concatenate(bars.get_segments())[:, 0]
    assert len(ends) == 4  # the third has none
    assert ((ends >= 0) & (ends <= 1)).all()


def test_a_recovery_has_one_scale_a_panel_and_marks_fits_at_a_bound():
    parameters = find_model("hybrid").parameters(KnownTask())
    rows = [
        {"parameter": name, "true": true, "estimate": found}
        for name in parameters
        for true, found in ((0.2, 0.3), (0.5, 0.4), (0.8, 20.0 if name == "inverse_temperature" else 0.7))
    ]
    figure = recovery_figure(pd.DataFrame(rows), parameters, "Three subjects")
    marked = {}
    for name, ax in zip(parameters, figure.axes, strict=True):
        assert ax.get_xlim() == ax.get_ylim()
        marked[name] = len(np.asarray(ax.lines[-1].get_xdata()))
    assert marked == {name: int(name == "inverse_temperature") for name in parameters}
    assert heading(figure)[1].endswith("Diamonds: fits at a bound of the parameter.")
    check_texts(figure, least=20)


def test_stay_probabilities_are_drawn_by_group():
    figure = plot_stay({"one": trials(0), "two": trials(1)}, "Both")
    assert [ax.get_title() for ax in figure.axes] == ["one", "two"]
    assert all(0 <= bar.get_height() <= 1 for ax in figure.axes for bar in ax.patches)
    assert plot_stay(trials(0), trials="first").axes[0].get_ylabel() == "Stay probability, first trials"
    with pytest.raises(UserError, match=r"^`tables` must hold a trial table or more, got none\."):
        plot_stay({})
    with pytest.raises(UserError, match=r"^`tables` must be 6 at most to fit on a page, got 7\."):
        plot_behaviour({str(number): trials(number) for number in range(7)})


def test_learning_is_drawn_as_a_running_mean_of_each_seed():
    (ax,) = plot_learning(LEARNED).axes
    assert ax.get_ylabel() == "Reward\nrunning mean of 2"
    first, second, mean = ax.lines
    np.testing.assert_allclose(mean.get_ydata(), (np.asarray(first.get_ydata()) + np.asarray(second.get_ydata())) / 2)
    (ax,) = plot_learning(LEARNED, levels={"chance": 4.0, "always left": 300.0}).axes
    assert [text.get_text() for text in ax.texts] == ["chance 4", "always left 300"]
    assert ax.get_ylim()[1] > 300
    np.testing.assert_allclose(np.asarray(first.get_ydata())[:2], [0.5, 1.5])
    np.testing.assert_allclose(np.asarray(first.get_xdata())[[0, -1]], [1.5, 119.5])  # the first episode is 1
    assert np.asarray(second.get_ydata())[-1] == 238.5
    with pytest.raises(UserError, match=r"^`measure` must be one of reward, policy_loss, got loss\."):
        plot_learning(LEARNED, measure="loss")
    assert repr(LEARNED) == "TrainedAgents(seeds=(3, 4), metrics=['reward', 'policy_loss'])"
