"""What a small network does: phase portraits, flow fields and fixed points, one for each kind of trial."""

from itertools import product

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import pandas as pd
from jaxtyping import Array, Float

from prefrontal.agents.base import AbstractAgent, AgentInput, AgentOutput
from prefrontal.agents.cells import AbstractCellState
from prefrontal.agents.two_step import AbstractTwoStepModel
from prefrontal.agents.two_step.network import TwoStepNetwork
from prefrontal.analysis.fixed_points import fixed_points
from prefrontal.errors import UserError
from prefrontal.fitting.choices import batch_of, places
from prefrontal.fitting.likelihood import trial_log_probabilities
from prefrontal.trials.overview import with_trials

NUM_STARTS = 24
"""States from which fixed points are searched for."""


def phase_portrait(model: AbstractTwoStepModel, table: pd.DataFrame) -> pd.DataFrame:
    """How the preference between the first-stage choices changes from trial to trial, as choices are recorded.

    Arguments:
        model: a network that was fitted to the choices, or any cognitive model.
        table: the trial table of one subject.

    Returns:
        A row a trial that has a next one in its session, missed trials left out: session and trial as they stand in
        `table`; choice; common; reward; log_odds, log P(choice 1) / P(choice 0) before the trial; change, by how much
        they are higher before the next.

    Raises:
        UserError: when the table is of several subjects, or is no trial table.

    Reference:
        Ji-An, Benna & Mattar (2025), Nature 644:993 (the portrait).

    Example:
        >>> one = table[table["subject"] == 0]
        >>> pf.phase_portrait(pf.Hybrid(), one).columns.tolist()[-2:]
        ['log_odds', 'change']
    """
    table = with_trials(table)
    batch = batch_of(table)
    if len(batch.units) != 1:
        raise UserError(
            f"`table` must be of one subject, got {len(batch.units)}. Select one: table[table.subject == 0]."
        )
    choices = jax.tree.map(lambda leaf: leaf[0], batch.choices)
    first, _ = eqx.filter_jit(jax.vmap(trial_log_probabilities, (None, 0)))(model, choices)
    log_odds = np.asarray(first[..., 1] - first[..., 0])
    there = ~table["missed"].to_numpy(bool) if "missed" in table else np.ones(len(table), bool)
    _, session, trial = (leaf[there] for leaf in places(table))
    before = log_odds[session, trial]
    now = np.append(session[1:] == session[:-1], False)
    own = pd.DataFrame(table.loc[there, ["session", "trial", "choice", "state", "reward"]]).loc[now]
    own.insert(3, "common", own["choice"] == own.pop("state"))
    return own.assign(log_odds=before[now], change=np.diff(before)[now[:-1]]).reset_index(drop=True)


def trial_kinds(network: TwoStepNetwork) -> pd.DataFrame:
    """Every kind of trial that `network` tells apart, in the order of its input: choice, state, choice2, reward."""
    seconds = (0, 1) if network.second_options > 1 else (0,)
    kinds = list(product((0, 1), (0, 1), seconds, (0, 1)))
    return pd.DataFrame(kinds, columns=["choice", "state", "choice2", "reward"])


def flow_field(network: TwoStepNetwork, num: int = 13) -> pd.DataFrame:
    """Where each kind of trial takes a network of two units, from states on a grid.

    Arguments:
        network: of two units that remember nothing but their output: a GRU or an rnn.
        num: states along each side of the grid, from -1 to 1.

    Returns:
        A row a kind of trial and state: choice, state, choice2, reward; unit_0, unit_1; change_0, change_1.

    Raises:
        UserError: when it is another network.

    Example:
        >>> pf.flow_field(pf.TwoStepNetwork("gru", 2, key=jax.random.key(0)), num=3).shape
        (72, 8)
    """
    state = network.init()
    if network.cell.num_units != 2 or len(jax.tree.leaves(state)) != 1:
        raise UserError(
            f"`network` must be a gru or an rnn of two units, got a {type(network.cell).__name__} of "
            f"{network.cell.num_units}. Fit gru-2."
        )
    kinds = trial_kinds(network)
    side = np.linspace(-1.0, 1.0, num)
    grid = np.stack(np.meshgrid(side, side, indexing="ij"), axis=-1).reshape(-1, 2).astype(np.float32)

    def after(kind: Float[Array, " kind"], h: Float[Array, " unit"]) -> Float[Array, " unit"]:
        return network.cell(kind, type(state)(h=h)).h

    ends = np.asarray(jax.vmap(jax.vmap(after, (None, 0)), (0, None))(jnp.eye(len(kinds)), jnp.asarray(grid)))
    rows = kinds.loc[np.repeat(np.arange(len(kinds)), len(grid))].reset_index(drop=True)
    at, moves = np.tile(grid, (len(kinds), 1)), (ends - grid).reshape(-1, 2)
    return rows.assign(unit_0=at[:, 0], unit_1=at[:, 1], change_0=moves[:, 0], change_1=moves[:, 1])


class _AtTrials(AbstractAgent):
    """A network that is shown a kind of trial at every step."""

    network: TwoStepNetwork

    def init(self) -> AbstractCellState:
        return self.network.init()

    def __call__(self, inputs: AgentInput, state: AbstractCellState) -> tuple[AgentOutput, AbstractCellState]:
        state = self.network.cell(inputs.observation, state)
        logits, value = self.network.choose(state)
        return AgentOutput(logits=logits, value=value, activity=state.h), state


def trial_fixed_points(network: TwoStepNetwork, seed: int = 0) -> pd.DataFrame:
    """Where a network would come to rest if one kind of trial went on for ever; see `fixed_points`.

    Arguments:
        network: of any cell.
        seed: of the states that the search begins from.

    Returns:
        A row a kind of trial and fixed point: choice, state, choice2, reward; log_odds of choice 1 there; stability,
        "attractor", "saddle", "repeller" or "marginal"; time_constant, in trials; unit_0 and so on, the units' output.

    Example:
        >>> points = pf.trial_fixed_points(pf.TwoStepNetwork("gru", 1, key=jax.random.key(0)))
        >>> set(points["stability"]) <= {"attractor", "saddle", "repeller", "marginal"}
        True
    """
    kinds = trial_kinds(network)
    key = jax.random.key(seed)
    starts = jax.tree.map(
        lambda leaf: jax.random.uniform(key, (NUM_STARTS, *leaf.shape), minval=-1.0, maxval=1.0), network.init()
    )
    rows = []
    for place, kind in enumerate(kinds.to_dict("records")):
        shown = AgentInput(jnp.eye(len(kinds))[place], jnp.zeros(2), jnp.zeros(()), jnp.int32(0))
        for point in fixed_points(_AtTrials(network), shown, starts):
            h = point.state[: network.cell.num_units]
            odds = float(h @ np.asarray(network.first) + network.first_bias)
            rest = {"log_odds": odds, "stability": point.kind(), "time_constant": point.time_constant}
            rows.append(kind | rest | {f"unit_{unit}": float(value) for unit, value in enumerate(h)})
    units = [f"unit_{unit}" for unit in range(network.cell.num_units)]
    return pd.DataFrame(rows, columns=[*kinds.columns, "log_odds", "stability", "time_constant", *units])
