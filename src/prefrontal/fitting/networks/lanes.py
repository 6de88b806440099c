"""Many small networks replayed on the same choices at once, the axis of networks last.

It is `prefrontal.fitting.likelihood` for networks alone, and several times as quick: with units, gates and kinds of
trials before the networks, every operation runs along an axis that is long, where mapping one network's would run along
axes of one to a few numbers. Where there are few networks, several sessions are laid beside each other on it.
"""

from collections.abc import Callable
from typing import Any

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Bool, Float

from prefrontal.agents.bandit_network import BanditNetwork, pull_code
from prefrontal.agents.cells import GRU, LSTM, AbstractCell, SwitchingGRU
from prefrontal.agents.two_step.network import TwoStepNetwork
from prefrontal.fitting.choices import Choices
from prefrontal.fitting.networks.fitted import Network
from prefrontal.fitting.pulls import NUM_ARMS, Pulls

LANES = 32
"""Networks times sessions that are replayed at once: with fewer, the processor's vectors are not full; many more do not
fit its cache."""

Numbers = np.ndarray | Array
State = tuple[Array, ...]
"""What cells remember, their output first: leaves (unit, lane), where lanes are networks, session after session."""


class TwoStepTarget(eqx.Module):
    """What was chosen on the two-step task; leaves (*rows, trial, session, ...)."""

    choice: Float[Numbers, "*rows trial session"]
    """1 where it was choice 1, 0 otherwise."""
    state: Bool[Numbers, "*rows trial session"]
    """Whether it was state 1."""
    second: Float[Numbers, "*rows trial session"]
    soft: tuple[Numbers, Numbers] | None
    """The probabilities of choice 1 and of second choice 1 to learn in the choices' place, leaves (*rows, trial,
    session, network); None: the choices."""

    def beside(self, num_networks: int) -> "TwoStepTarget":
        """The same for every lane."""
        soft = None if self.soft is None else tuple(leaf.reshape(len(leaf), -1) for leaf in self.soft)
        choice, state, second = (jnp.repeat(leaf, num_networks, -1) for leaf in (self.choice, self.state, self.second))
        return TwoStepTarget(choice, state, second, soft)  # pyright: ignore[reportArgumentType]

    def log_likelihoods(self, networks: TwoStepNetwork, h: Float[Array, "unit lane"]) -> tuple[Numbers, Numbers]:
        """Of what is to be learned of a trial, and of what was chosen in it."""
        odds = _weighted(h, networks.first[:, None])[0] + networks.first_bias
        second = None
        if networks.second is not None and networks.second_bias is not None:
            both = _weighted(h, networks.second) + networks.second_bias
            second = jnp.where(self.state, both[1], both[0])
        taken = _of_odds(odds, second, self.choice, self.second)
        return (taken if self.soft is None else _of_odds(odds, second, *self.soft)), taken


class ArmTarget(eqx.Module):
    """Which arm was pulled; leaves (*rows, trial, session, ...)."""

    pulled: Float[Numbers, "*rows trial session arm"]
    """One-hot."""

    def beside(self, num_networks: int) -> "ArmTarget":
        """The same for every lane."""
        return ArmTarget(jnp.repeat(jnp.moveaxis(self.pulled, -1, 1), num_networks, -1))

    def log_likelihoods(self, networks: BanditNetwork, h: Float[Array, "unit lane"]) -> tuple[Array, Array]:
        """Of the pull, twice: it is what is to be learned."""
        logits = _weighted(h, networks.arms) + networks.arms_bias
        taken = jnp.sum(self.pulled * logits, 0) - jax.nn.logsumexp(logits, 0)
        return taken, taken


class Trials(eqx.Module):
    """What all networks read of some sessions, and what each is to learn; leaves (*rows, trial, session, ...)."""

    shown: Float[Numbers, "*rows trial session input"]
    """What cells are shown after it."""
    counts: Bool[Numbers, "*rows trial session"]
    """Whether networks learn from it."""
    fitted: Bool[Numbers, "*rows trial session network"]
    watched: Bool[Numbers, "*rows trial session network"]
    target: TwoStepTarget | ArmTarget


def trials_of(
    choices: Choices | Pulls,
    fitted: Bool[Numbers, "session trial network"],
    watched: Bool[Numbers, "session trial network"],
    soft: tuple[Numbers, Numbers] | None,
    network: Network,
    num_parts: int = 1,
) -> Trials:
    """Choices, leaves (session, trial), and masks, as `replay` reads them for such a `network`, leaves (part, row,
    trial, session, ...): every `num_parts`-th session is in the same part, and so many sessions in a row as are
    quickest."""
    num_sessions, num_networks = choices.counts.shape[0], fitted.shape[-1]
    in_part = -(-num_sessions // num_parts)
    num_rows = -(-in_part // max(1, LANES // num_networks))
    place = np.arange(num_parts * num_rows * -(-in_part // num_rows)).reshape(num_rows, -1, num_parts)
    place = np.moveaxis(place, -1, 0)
    there = place < num_sessions  # the rest fills the last rows up

    def laid(leaf: Numbers) -> Array:
        return jnp.moveaxis(jnp.asarray(leaf)[np.where(there, place, 0)], 2, 3)

    def masked(leaf: Numbers) -> Array:
        return laid(leaf) & there[:, :, None, :, None]

    if isinstance(choices, Pulls):
        arm, reward = jnp.asarray(choices.arm), jnp.asarray(choices.reward, jnp.float32)
        shown, target = pull_code(arm, reward, NUM_ARMS), ArmTarget(jax.nn.one_hot(arm, NUM_ARMS))
    else:
        shown, target = _two_step(choices, soft, network)
    masks = laid(choices.counts), masked(fitted), masked(watched)
    return Trials(laid(shown), *masks, jax.tree.map(laid, target))


def _two_step(choices: Choices, soft: tuple[Numbers, Numbers] | None, network: Network) -> tuple[Array, TwoStepTarget]:
    """The kinds of trial, one-hot (see `TwoStepNetwork.kind`), and what was chosen in them."""
    choice, state, second, reward = (
        jnp.asarray(leaf) for leaf in (choices.choice, choices.state, choices.second_choice, choices.reward)
    )
    kind, num_kinds = 2 * choice + state, 4
    if isinstance(network, TwoStepNetwork) and network.second_options > 1:
        kind, num_kinds = 2 * kind + second, 8
    shown = jax.nn.one_hot(2 * kind + reward.astype(jnp.int32), 2 * num_kinds)
    return shown, TwoStepTarget(choice.astype(jnp.float32), state == 1, second.astype(jnp.float32), soft)


def replay(networks: Network, trials: Trials) -> tuple[Float[Array, " network"], Float[Array, " network"]]:
    """Of each network, the log-likelihood of what it is to learn, and that of the choices that are watched.

    Arguments:
        networks: leaves (..., network).
        trials: of some sessions, leaves (trial, session, ...).
    """
    num_sessions, num_networks = trials.fitted.shape[1:]
    follow, driven, first = _cell(networks.cell, jnp.asarray(trials.shown))
    heads: Any = jax.tree.map(
        lambda leaf: jnp.tile(leaf, num_sessions), eqx.tree_at(lambda network: network.cell, networks, None)
    )
    counts, target = jnp.repeat(trials.counts, num_networks, -1), trials.target.beside(num_networks)
    fitted, watched = (leaf.reshape(len(leaf), -1) for leaf in (trials.fitted, trials.watched))

    def step(carried: tuple[State, Array, Array], now: Any) -> tuple[tuple[State, Array, Array], None]:
        (state, learned, seen), (driven, target, counts, fitted, watched) = carried, now
        aim, taken = target.log_likelihoods(heads, state[0])
        learned = learned + jnp.where(fitted, aim, 0.0)
        seen = seen + jnp.where(watched, taken, 0.0)
        after = follow(driven, state)
        return (tuple(jnp.where(counts, *pair) for pair in zip(after, state, strict=True)), learned, seen), None

    zero = jnp.zeros(num_sessions * num_networks)
    scanned = (driven, target, counts, fitted, watched)
    (_, *found), _ = jax.lax.scan(jax.checkpoint(step), (first, zero, zero), scanned)
    learned, seen = (leaf.reshape(num_sessions, num_networks).sum(0) for leaf in found)
    return learned, seen


def _of_odds(odds: Array, second: Array | None, choice: Numbers, second_choice: Numbers) -> Numbers:
    found = choice * odds - jax.nn.softplus(odds)
    return found if second is None else found + second_choice * second - jax.nn.softplus(second)


@jax.custom_vjp
def _weighted(h: Float[Array, "unit lane"], weights: Float[Array, "unit gate lane"]) -> Array:
    """The weighted sums of units, (gate, lane), written out term by term: a sum over an axis takes longer."""
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


def _cell(
    cell: AbstractCell, shown: Float[Array, "trial session input"]
) -> tuple[Callable[[State, State], State], State, State]:
    """The equations of `prefrontal.agents.cells`: what is remembered after what a trial drives and what was remembered
    before; what each trial drives, leaves (trial, ..., gate, lane); and what is remembered before the first."""
    num_units, num_networks, num_sessions = cell.num_units, cell.bias.shape[-1], shown.shape[1]
    zero = jnp.zeros((num_units, num_sessions * num_networks))

    def across(kernel: Array) -> Array:
        found = jnp.einsum("tsk,k...gn->t...gsn", shown, kernel)
        return found.reshape(*found.shape[:-2], -1)

    def wide(leaf: Array) -> Array:
        return jnp.tile(leaf, num_sessions)

    bias = wide(cell.bias)
    if isinstance(cell, SwitchingGRU):
        gates, content = across(cell.kernel), across(cell.content_kernel)

        def follow_switching(driven: State, state: State) -> State:
            return (_gated(state[0], *driven),)

        driven = (gates[:, 0] + bias, gates[:, 1:], content[:, 0] + wide(cell.content_bias), content[:, 1:])
        return follow_switching, driven, (zero,)
    num_inputs = shown.shape[-1]
    driven, recurrent = across(cell.kernel[:num_inputs]) + bias, wide(cell.kernel[num_inputs:])
    if isinstance(cell, LSTM):

        def follow_lstm(driven: State, state: State) -> State:
            gates = jnp.split(driven[0] + _weighted(state[0], recurrent), 4)
            write, keep, read = (jax.nn.sigmoid(gates[place]) for place in (0, 1, 3))
            c = keep * state[1] + write * jnp.tanh(gates[2])
            return read * jnp.tanh(c), c

        return follow_lstm, (driven,), (zero, zero)
    if isinstance(cell, GRU):
        content = across(cell.content_kernel[:num_inputs]) + wide(cell.content_bias)
        content_recurrent = wide(cell.content_kernel[num_inputs:])

        def follow_gru(driven: State, state: State) -> State:
            return (_gated(state[0], driven[0], recurrent, driven[1], content_recurrent),)

        return follow_gru, (driven, content), (zero,)

    def follow_rnn(driven: State, state: State) -> State:
        return (jnp.tanh(driven[0] + _weighted(state[0], recurrent)),)

    return follow_rnn, (driven,), (zero,)


def _gated(h: Array, shown: Array, recurrent: Array, content_shown: Array, content_recurrent: Array) -> Array:
    """A GRU's output, given what comes from outside into gates and content, and the weights of units."""
    reset, keep = jnp.split(jax.nn.sigmoid(shown + _weighted(h, recurrent)), 2)
    content = jnp.tanh(content_shown + _weighted(reset * h, content_recurrent))
    return keep * h + (1 - keep) * content
