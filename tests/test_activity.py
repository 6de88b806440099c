"""Analyses of activity, on activity whose make-up is known."""

import re
import subprocess
import sys

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import pytest
import statsmodels.api as sm
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.linear_model import RidgeCV
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from prefrontal.agents.base import AbstractAgent, AgentInput, AgentOutput
from prefrontal.agents.recurrent import RecurrentAgent
from prefrontal.analysis.decoding import PENALTIES, classify, decode, ridge
from prefrontal.analysis.fixed_points import fixed_points
from prefrontal.analysis.projections import coding_axes, principal_components
from prefrontal.analysis.recordings import read_recording, recording, write_recording
from prefrontal.analysis.units import coding_share, corrected, permuted, unit_regression
from prefrontal.configs import RecurrentConfig, TwoStepConfig
from prefrontal.errors import UserError
from prefrontal.rollouts.evaluation import evaluate
from prefrontal.tasks import TwoStep

RNG = np.random.default_rng(0)


def made_of(parts: dict[str, np.ndarray], noise: float, num_units: int = 6) -> tuple[np.ndarray, dict[str, np.ndarray]]:
    """Activity that is a sum of known variables, each along its own axis, and noise."""
    axes = {name: RNG.normal(size=num_units) for name in parts}
    total = sum(parts[name][:, None] * axes[name] for name in parts)
    return total + noise * RNG.normal(size=total.shape), axes


class TestProjections:
    def test_components_are_eigenvectors_of_the_covariance(self):
        activity = RNG.normal(size=(40, 5, 4)) @ RNG.normal(size=(4, 4)) + 3
        found = principal_components(activity)
        values, vectors = np.linalg.eigh(np.cov(activity.reshape(-1, 4).T))
        np.testing.assert_allclose(found.variance_share, values[::-1] / values.sum())
        for axis, vector in zip(found.axes, vectors.T[::-1], strict=True):
            assert abs(axis @ vector) == pytest.approx(1)
            assert axis[np.abs(axis).argmax()] > 0
        projected = found.project(activity)
        assert projected.shape == (40, 5, 4)
        np.testing.assert_allclose(projected.reshape(-1, 4).mean(0), 0, atol=1e-9)
        np.testing.assert_allclose(np.cov(projected.reshape(-1, 4).T), np.diag(values[::-1]), atol=1e-9)
        share = values / values.sum()
        assert found.dimensionality == pytest.approx(1 / np.sum(share**2))

    def test_coding_axes_are_found_among_correlated_variables(self):
        one = RNG.normal(size=2000)
        other = 0.8 * one + 0.6 * RNG.normal(size=2000)
        activity, axes = made_of({"one": one, "other": other}, 0.05)
        found = coding_axes(activity, {"one": one, "other": other})
        for name, axis in axes.items():
            assert found[name] @ axis / np.linalg.norm(axis) > 0.999

    @pytest.mark.parametrize(
        ("call", "message"),
        [
            (lambda: principal_components(np.ones((1, 3))), "`activity` must have at least two samples, got 1. "),
            (lambda: principal_components(np.ones((9, 3)), 4), "`num_components` must be from 1 to 3, got 4."),
            (lambda: coding_axes(np.ones((9, 3)), {"x": np.ones(9)}), "`x` must vary, got 1 in every sample."),
            (lambda: coding_axes(np.ones((9, 3)), {"x": np.ones(8)}), "`x` must have the shape (9,), got (8,)."),
        ],
    )
    def test_refusals(self, call, message):
        with pytest.raises(UserError, match=f"^{re.escape(message)}"):
            call()


class TestDecoding:
    episode = np.repeat(np.arange(40), 20)

    def test_what_is_there_is_read_and_what_is_not_is_not(self):
        there, absent = RNG.normal(size=(2, 800))
        activity, _ = made_of({"there": there}, 0.3)
        read = decode(activity, there, self.episode)
        assert 0.8 < read.score < 1
        assert read.score == pytest.approx(1 - np.mean((there - read.predicted) ** 2) / there.var())
        assert decode(activity, absent, self.episode).score < 0.02

    @pytest.mark.parametrize(("samples", "units", "outputs"), [(300, 12, ()), (90, 12, (3,)), (20, 30, ())])
    def test_it_is_ridge_regression_with_the_penalty_that_leaving_one_out_chooses(self, samples, units, outputs):
        activity = RNG.normal(size=(samples, units)) @ RNG.normal(size=(units, units)) + 5
        activity[:, 3] = 1.0  # a silent unit
        weights = RNG.normal(size=(units, *outputs))
        variable = activity @ weights + 3 * RNG.normal(size=(samples, *outputs))
        new = RNG.normal(size=(9, units))
        reference = make_pipeline(StandardScaler(), RidgeCV(PENALTIES)).fit(activity, variable)
        np.testing.assert_allclose(ridge(activity, variable, new), reference.predict(new), rtol=1e-6, atol=1e-8)

    def test_episodes_are_not_split(self):
        """Activity that tells the episode and nothing else, of a variable that is constant within one: split, it would
        be read perfectly."""
        variable = np.repeat(RNG.normal(size=40), 20)
        activity = np.eye(40)[self.episode] + 0.01 * RNG.normal(size=(800, 40))
        assert decode(activity, variable, self.episode).score < 0.05
        label = np.repeat(np.arange(40) % 2, 20)
        assert abs(classify(activity, label, self.episode).score - 0.5) < 0.2

    def test_classes_weigh_the_same(self):
        label = (RNG.random(800) < 0.05).astype(int)
        activity, _ = made_of({"label": label.astype(float)}, 0.01)
        assert classify(activity, label, self.episode).score > 0.99
        assert abs(classify(RNG.normal(size=(800, 3)), label, self.episode).score - 0.5) < 0.15

    @pytest.mark.parametrize("read", [decode, classify])
    def test_refusals(self, read):
        with pytest.raises(UserError, match=r"^`num_folds` must be at most the 2 episodes, got 5\."):
            read(np.ones((4, 2)), np.arange(4), np.array([0, 0, 1, 1]))
        with pytest.raises(UserError, match=r"must be of one length, got 4, 3 and 4\.$"):
            read(np.ones((4, 2)), np.arange(3), np.array([0, 0, 1, 1]))


class TestUnits:
    def test_it_is_ordinary_least_squares(self):
        one, other = RNG.normal(size=(2, 60))
        activity, _ = made_of({"one": one, "other": other}, 2.0)
        table = unit_regression(activity, {"one": one, "other": other}, correction="none")
        scale = lambda x: (x - x.mean()) / x.std()  # noqa: E731
        design = sm.add_constant(np.column_stack([scale(one), scale(other)]))
        for unit in range(activity.shape[1]):
            fitted = sm.OLS(activity[:, unit], design).fit()
            rows = table[table["unit"] == unit]
            np.testing.assert_allclose(rows["slope"], fitted.params[1:])
            np.testing.assert_allclose(rows["t"], fitted.tvalues[1:])
            np.testing.assert_allclose(rows["p"], fitted.pvalues[1:], rtol=1e-6)
            left = [sm.OLS(x, design[:, [0, 2]]).fit().resid for x in (activity[:, unit], design[:, 1])]
            assert rows["partial_r"].iloc[0] == pytest.approx(np.corrcoef(left)[0, 1])

    def test_corrections_are_their_definitions(self):
        p = np.array([0.001, 0.3, 0.012, np.nan, 0.04, 0.011, 0.9])
        tested = p[[0, 1, 2, 4, 5, 6]]
        ranks = [int(np.sum(tested < one)) + 1 for one in tested]
        holm = [max((6 - ranks[k] + 1) * tested[k] for k in range(6) if tested[k] <= one) for one in tested]
        fdr = [min(6 / ranks[k] * tested[k] for k in range(6) if tested[k] >= one) for one in tested]
        for name, expected in (("none", tested), ("bonferroni", 6 * tested), ("holm", holm), ("fdr_bh", fdr)):
            found = corrected(p, name)
            assert np.isnan(found[3])
            np.testing.assert_allclose(found[[0, 1, 2, 4, 5, 6]], np.minimum(expected, 1.0))

    def test_shares_and_silent_units(self):
        variable = RNG.normal(size=200)
        activity = np.column_stack([variable + 0.1 * RNG.normal(size=200), RNG.normal(size=200) * 0 + 1.0])
        table = unit_regression(activity, {"x": variable})
        assert table["codes"].tolist() == [True, False]
        assert np.isnan(table["p"].iloc[1])
        assert coding_share(table) == {"x": 0.5}

    @given(st.integers(2, 30))
    @settings(max_examples=5)
    def test_a_permuted_variable_is_the_same_episodes(self, num):
        variable = np.arange(3 * num).reshape(num, 3)
        other = permuted(variable, num)
        np.testing.assert_array_equal(np.sort(other, axis=0), variable)

    @pytest.mark.parametrize(
        ("variables", "message"),
        [
            ({"x": np.ones(9)}, "`x` must vary, got 1 in every sample. Leave it out."),
            ({"x": np.arange(8)}, "`x` must hold one value for each of 9 samples, got (8,)."),
            (
                {"x": np.arange(9), "y": 2.0 * np.arange(9)},
                "`variables` must not follow from each other, got x, y. Leave one out.",
            ),
        ],
    )
    def test_refusals(self, variables, message):
        with pytest.raises(UserError, match=f"^{re.escape(message)}$"):
            unit_regression(RNG.normal(size=(9, 2)), variables)
        with pytest.raises(UserError, match=r"^`correction` must be one of"):
            unit_regression(RNG.normal(size=(9, 2)), {"x": np.arange(9)}, correction="sidak")


class Map(AbstractAgent):
    """An agent whose memory moves by a known map."""

    matrix: jax.Array
    bend: bool = eqx.field(static=True, default=False)

    def init(self) -> jax.Array:
        return jnp.zeros(len(self.matrix))

    def __call__(self, inputs: AgentInput, state: jax.Array) -> tuple[AgentOutput, jax.Array]:
        moved = self.matrix @ state + inputs.previous_reward
        moved = jnp.tanh(moved) if self.bend else moved
        return AgentOutput(logits=moved, value=moved[0], activity=moved), moved


def held(reward: float = 0.0) -> AgentInput:
    return AgentInput(
        observation=jnp.zeros(1), previous_action=jnp.zeros(1), previous_reward=jnp.float32(reward), step=jnp.int32(0)
    )


class TestFixedPoints:
    starts = jnp.asarray(RNG.normal(size=(30, 2)), jnp.float32)

    @pytest.mark.parametrize(
        ("eigenvalues", "kind", "growing"),
        [
            ((0.5, -0.3), "attractor", 0),
            ((1.4, 0.5), "saddle", 1),
            ((1.5, -1.2), "repeller", 2),
            ((1.0, 0.2), "marginal", 0),
        ],
    )
    def test_of_a_linear_map(self, eigenvalues, kind, growing):
        turn = np.array([[1.0, 0.4], [0.2, 1.0]])
        matrix = turn @ np.diag(eigenvalues) @ np.linalg.inv(turn)
        points = fixed_points(
            Map(jnp.asarray(matrix, jnp.float32)), held(0.0 if kind == "marginal" else 1.0), self.starts
        )
        if kind != "marginal":
            (point,) = points
            np.testing.assert_allclose(
                point.state, np.linalg.solve(np.eye(2) - matrix, np.ones(2)), rtol=1e-3, atol=1e-3
            )
            assert point.starts == 30
        for point in points:
            expected = sorted(eigenvalues, key=lambda value: -abs(value))
            np.testing.assert_allclose(point.eigenvalues, expected, atol=1e-3)
            assert point.kind() == kind
            assert (point.num_growing == growing) or kind == "marginal"
        if kind == "attractor":
            assert points[0].time_constant == pytest.approx(1 / np.log(2), rel=1e-2)

    def test_of_a_bistable_unit(self):
        """x -> tanh(2x): two attractors at the roots of x = tanh(2x) and a repeller at zero."""
        starts = jnp.linspace(-1.2, 1.2, 41)[:, None]
        points = fixed_points(Map(2 * jnp.eye(1), bend=True), held(), starts)
        root = 0.9575040240772687
        found = {round(float(point.state[0]), 3): point.kind() for point in points}
        assert found == {round(root, 3): "attractor", -round(root, 3): "attractor", 0.0: "repeller"}
        attractor = next(point for point in points if point.state[0] > 0.5)
        np.testing.assert_allclose(attractor.eigenvalues, [2 * (1 - root**2)], rtol=1e-3)

    def test_of_a_network(self):
        """What is found is fixed, by the network's own word."""
        task = TwoStep(TwoStepConfig(num_trials=4))
        agent = RecurrentAgent(RecurrentConfig(hidden_size=5), task, key=jax.random.key(0))
        inputs = AgentInput(
            observation=jnp.eye(4)[0], previous_action=jnp.eye(3)[1], previous_reward=jnp.ones(()), step=jnp.int32(0)
        )
        start = agent.init()
        starts = jax.tree.map(lambda leaf: leaf + jnp.asarray(RNG.normal(size=(8, 5)), jnp.float32), start)
        points = fixed_points(agent, inputs, starts)
        assert points
        for point in points:
            state = type(start)(h=jnp.asarray(point.state[:5]), c=jnp.asarray(point.state[5:]))
            _, after = agent(inputs, state)
            np.testing.assert_allclose(after.h, state.h, atol=2e-4)
            np.testing.assert_allclose(after.c, state.c, atol=2e-4)

    def test_refusals(self):
        with pytest.raises(UserError, match=r"^`agent` must have a state of real numbers only"):
            fixed_points(Map(jnp.eye(1)), held(), jnp.zeros((2, 1), jnp.int32))
        with pytest.raises(UserError, match=r"^`tolerance` must be above 0, got 0\.0\.$"):
            fixed_points(Map(jnp.eye(1)), held(), jnp.zeros((2, 1)), tolerance=0.0)


class TestRecordings:
    def made(self):
        task = TwoStep(TwoStepConfig(num_trials=4))
        agent = RecurrentAgent(RecurrentConfig(hidden_size=5), task, key=jax.random.key(0))
        return [evaluate(agent, task, jax.random.key(seed), num_episodes=3) for seed in (4, 9)]

    def test_what_is_written_is_read(self, tmp_path):
        played = self.made()
        data = recording(played, [4, 9], {"experiment": "a test", "discount": 0.9})
        assert data["activity"].dims == ("seed", "episode", "time", "unit")
        write_recording(tmp_path / "activity.nc", data)
        back = read_recording(tmp_path / "activity.nc")
        assert back.attrs["experiment"] == "a test"
        assert back["seed"].values.tolist() == [4, 9]
        for name in ("observation", "action", "reward", "logits", "value", "activity"):
            expected = np.stack([np.asarray(getattr(one, name)) for one in played])
            np.testing.assert_array_equal(back[name].values, expected)
        np.testing.assert_array_equal(back["event_rewarded"].values[1], np.asarray(played[1].event.rewarded))
        one = back["activity"].sel(seed=9).isel(episode=2, unit=3)
        np.testing.assert_array_equal(one, np.asarray(played[1].activity)[2, :, 3])

    def test_seeds_of_any_size_keep_their_names(self, tmp_path):
        played, seeds = self.made(), [3_000_000_000, 2**32 - 1]
        write_recording(tmp_path / "activity.nc", recording(played, seeds))
        back = read_recording(tmp_path / "activity.nc")
        assert (back["seed"].dtype, back["seed"].values.tolist()) == (np.int64, seeds)

    def test_scipy_alone_opens_it(self, tmp_path):
        write_recording(tmp_path / "activity.nc", recording(self.made(), [4, 9]))
        code = "import sys; from scipy.io import netcdf_file as f; print(f(sys.argv[1]).variables['activity'].shape)"
        shown = subprocess.run(
            [sys.executable, "-c", code, str(tmp_path / "activity.nc")], capture_output=True, text=True, check=True
        )
        assert shown.stdout.strip() == "(2, 3, 12, 5)"

    def test_refusals(self, tmp_path):
        with pytest.raises(UserError, match=r"^`seeds` must name each of 2 trajectories, got 1\.$"):
            recording(self.made(), [4])
        with pytest.raises(UserError, match=r"^`path` must be a recording, got none at .*\. Evaluate"):
            read_recording(tmp_path / "none.nc")
        (tmp_path / "text.nc").write_text("no netCDF")
        with pytest.raises(UserError, match=r"^`path` must be a netCDF 3 file, got "):
            read_recording(tmp_path / "text.nc")
