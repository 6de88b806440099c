"""Many small networks replayed on the same choices at once, the axis of networks last.

It is `prefrontal.fitting.likelihood` for networks alone, and several times as quick: with units, gates and kinds of
trials before the networks, every operation runs along an axis that is long, where mapping one network's would run along
axes of one to a few numbers.
"""

from collections.abc import Callable

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Bool, Float, Int

from prefrontal.agents.cells import GRU, LSTM, AbstractCell, SwitchingGRU
from prefrontal.agents.two_step.network import TwoStepNetwork
from prefrontal.fitting.choices import Choices

Numbers = np.ndarray | Array
State = tuple[Array, ...]
"""What cells remember, their output first: leaves (unit, network)."""


class Trials(eqx.Module):
    """What all networks read of a session, and what each is to learn; leaves (*rows, trial, ...)."""

    kind: Int[Numbers, "*rows trial"]
    """Which kind of trial it was (`TwoStepNetwork.kind`)."""
    choice: Float[Numbers, "*rows trial"]
    """1 where it was choice 1, 0 otherwise."""
    state: Bool[Numbers, "*rows trial"]
    """Whether it was state 1."""
    second: Float[Numbers, "*rows trial"]
    counts: Bool[Numbers, "*rows trial"]
    """Whether networks learn from it."""
    fitted: Bool[Numbers, "*rows trial network"]
    watched: Bool[Numbers, "*rows trial network"]
    soft: tuple[Float[Numbers, "*rows trial network"], Float[Numbers, "*rows trial network"]] | None
    """The probabilities of choice 1 and of second choice 1 to learn in the choices' place; None: the choices."""


def trials_of(
    choices: Choices,
    fitted: Bool[Numbers, "*rows trial network"],
    watched: Bool[Numbers, "*rows trial network"],
    soft: tuple[Numbers, Numbers] | None,
    second_options: int,
) -> Trials:
    """Choices, leaves (*rows, trial), and masks, as `replay` reads them of each row."""
    choice, state, second, reward, counts = (
        jnp.asarray(leaf)
        for leaf in (choices.choice, choices.state, choices.second_choice, choices.reward, choices.counts)
    )
    kind = 2 * choice + state
    kind = (2 * kind + second if second_options > 1 else kind) * 2 + reward.astype(jnp.int32)
    number = jnp.float32
    return Trials(
        kind, choice.astype(number), state == 1, second.astype(number), counts, jnp.asarray(fitted),
        jnp.asarray(watched), soft,
    )  # fmt: skip


def replay(networks: TwoStepNetwork, trials: Trials) -> tuple[Float[Array, " network"], Float[Array, " network"]]:
    """Of each network, the log-likelihood of what it is to learn, and that of the choices that are watched.

    Arguments:
        networks: leaves (..., network).
        trials: of one session.
    """
    follow, shown, first = _cell(networks.cell, trials.kind)

    def step(carried: tuple[State, Array, Array], now: tuple[Trials, State]) -> tuple[tuple[State, Array, Array], None]:
        (state, learned, watched), (at, driven) = carried, now
        odds = _weighted(state[0], networks.first[:, None])[0] + networks.first_bias
        second = None
        if networks.second is not None and networks.second_bias is not None:
            both = _weighted(state[0], networks.second) + networks.second_bias
            second = jnp.where(at.state, both[1], both[0])
        taken = _log_likelihood(odds, second, at.choice, at.second)
        aim = taken if at.soft is None else _log_likelihood(odds, second, *at.soft)
        learned = learned + jnp.where(at.fitted, aim, 0.0)
        watched = watched + jnp.where(at.watched, taken, 0.0)
        after = follow(driven, state)
        return (tuple(jnp.where(at.counts, *pair) for pair in zip(after, state, strict=True)), learned, watched), None

    zero = jnp.zeros(networks.first_bias.shape)
    (_, learned, watched), _ = jax.lax.scan(jax.checkpoint(step), (first, zero, zero), (trials, shown))
    return learned, watched


def _log_likelihood(odds: Array, second: Array | None, choice: Numbers, second_choice: Numbers) -> Numbers:
    found = choice * odds - jax.nn.softplus(odds)
    return found if second is None else found + second_choice * second - jax.nn.softplus(second)


@jax.custom_vjp
def _weighted(h: Float[Array, "unit network"], weights: Float[Array, "unit gate network"]) -> Array:
    """The weighted sums of units, (gate, network), written out term by term: a sum over an axis takes longer."""
    terms = [h[unit] * weights[unit] for unit in range(len(h))]
    return sum(terms[1:], start=terms[0])


def _weighted_forward(h: Array, weights: Array) -> tuple[Array, tuple[Array, Array]]:
    return _weighted(h, weights), (h, weights)


def _weighted_backward(kept: tuple[Array, Array], slope: Array) -> tuple[Array, Array]:
    # JAX's own would pad each unit's weights with zeros to those of all, and add them up.
    h, weights = kept
    terms = [weights[:, gate] * slope[gate] for gate in range(len(slope))]
    return sum(terms[1:], start=terms[0]), h[:, None] * slope


_weighted.defvjp(_weighted_forward, _weighted_backward)


def _cell(cell: AbstractCell, kind: Int[Numbers, " trial"]) -> tuple[Callable[[State, State], State], State, State]:
    """The equations of `prefrontal.agents.cells`: what is remembered after what a trial drives and what was remembered
    before; what each trial drives, leaves (trial, gate, network); and what is remembered before the first."""
    num_units, num_networks = cell.num_units, cell.bias.shape[-1]
    zero = jnp.zeros((num_units, num_networks))
    if isinstance(cell, SwitchingGRU):
        gates, content = (_of_kinds(leaf, kind) for leaf in (cell.kernel, cell.content_kernel))

        def follow_switching(driven: State, state: State) -> State:
            return (_gated(state[0], *driven),)

        driven = (gates[:, 0] + cell.bias, gates[:, 1:], content[:, 0] + cell.content_bias, content[:, 1:])
        return follow_switching, driven, (zero,)
    num_kinds = len(cell.kernel) - num_units
    shown, recurrent = _of_kinds(cell.kernel[:num_kinds], kind) + cell.bias, cell.kernel[num_kinds:]
    if isinstance(cell, LSTM):

        def follow_lstm(driven: State, state: State) -> State:
            gates = jnp.split(driven[0] + _weighted(state[0], recurrent), 4)
            write, keep, read = (jax.nn.sigmoid(gates[place]) for place in (0, 1, 3))
            c = keep * state[1] + write * jnp.tanh(gates[2])
            return read * jnp.tanh(c), c

        return follow_lstm, (shown,), (zero, zero)
    if isinstance(cell, GRU):
        content_shown = _of_kinds(cell.content_kernel[:num_kinds], kind) + cell.content_bias
        content_recurrent = cell.content_kernel[num_kinds:]

        def follow_gru(driven: State, state: State) -> State:
            return (_gated(state[0], driven[0], recurrent, driven[1], content_recurrent),)

        return follow_gru, (shown, content_shown), (zero,)

    def follow_rnn(driven: State, state: State) -> State:
        return (jnp.tanh(driven[0] + _weighted(state[0], recurrent)),)

    return follow_rnn, (shown,), (zero,)


def _gated(h: Array, shown: Array, recurrent: Array, content_shown: Array, content_recurrent: Array) -> Array:
    """A GRU's output, given what comes from outside into gates and content, and the weights of units."""
    reset, keep = jnp.split(jax.nn.sigmoid(shown + _weighted(h, recurrent)), 2)
    content = jnp.tanh(content_shown + _weighted(reset * h, content_recurrent))
    return keep * h + (1 - keep) * content


def _of_kinds(weights: Float[Array, "kind ..."], kind: Int[Numbers, " trial"]) -> Float[Array, "trial ..."]:
    """Those of each trial's kind: a product with the one-hot kind, whose gradient is one, too."""
    code = jax.nn.one_hot(kind, len(weights), dtype=weights.dtype)
    return (code @ weights.reshape(len(weights), -1)).reshape(len(kind), *weights.shape[1:])
