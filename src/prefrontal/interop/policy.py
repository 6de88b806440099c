"""A trained network without JAX: it needs NumPy, and this file, which may be copied wherever one likes.

    policy = load_policy("network.npz")
    policy.reset()
    action = policy.act(observation, reward)

`reward` is what the last action paid; the policy remembers which that was. `prefrontal.agents.handing_out` writes the
file. The equations are those of `prefrontal.agents.cells` and `prefrontal.agents.recurrent`.
"""

import json
from pathlib import Path
from typing import Any

import numpy as np

FACTS = "facts"
MOST_BYTES = 2**30
"""A file that holds more is not unpacked."""


def _logistic(x: np.ndarray) -> np.ndarray:
    return 0.5 * (1 + np.tanh(0.5 * x))


class Policy:
    """One agent in one episode at a time."""

    def __init__(self, arrays: dict[str, np.ndarray], facts: dict[str, Any], seed: int | None = None):
        """
        Arguments:
            arrays: the network's weights, by name.
            facts: what they are weights of.
            seed: of the actions that are drawn. None: others each time.
        """
        self._arrays, self._facts = arrays, facts
        self._random = np.random.default_rng(seed)
        self.num_actions: int = facts["num_actions"]
        """Actions to choose from."""
        self.observation_size: int = facts["observation_size"]
        """Numbers in an observation."""
        self.probabilities = np.full(self.num_actions, 1 / self.num_actions)
        """Of the actions, at the last step."""
        self.value = 0.0
        """What was expected at the last step: the discounted sum of rewards from there."""
        self.activity = np.zeros(0, np.float32)
        """The units' output at the last step."""
        self.reset()

    def reset(self, seed: int | None = None) -> None:
        """Begin an episode.

        Arguments:
            seed: of the actions that are drawn from now on. None: go on drawing.
        """
        if seed is not None:
            self._random = np.random.default_rng(seed)
        units = self._facts["hidden_size"]
        self._h = np.array(self._arrays.get("initial_state.h", np.zeros(units)), np.float32)
        self._c = np.array(self._arrays.get("initial_state.c", np.zeros(units)), np.float32)
        self._action: int | None = None
        self._step = 0

    def act(
        self, observation: Any, reward: float = 0.0, *, greedy: bool = False, last_action: int | None = None
    ) -> int:
        """Choose an action.

        Arguments:
            observation: what is shown, (O,).
            reward: what the last action paid; of no account at the first step.
            greedy: whether the most probable action is taken, not one drawn by its probability.
            last_action: what was done in the last step, if another action than the one that was chosen then.

        Returns:
            The action, 0 to A - 1.

        Raises:
            ValueError: when the observation has another size.
        """
        observation = np.asarray(observation, np.float32).ravel()
        if len(observation) != self.observation_size:
            raise ValueError(f"`observation` must have {self.observation_size} numbers, got {len(observation)}.")
        if last_action is not None:
            self._action = last_action
        self._listen(self._input(observation, reward))
        h, arrays = self._h, self._arrays
        logits = h @ arrays["policy"] + arrays.get("policy_bias", np.float32(0))
        self.value = float(h @ arrays["value"] + arrays.get("value_bias", np.float32(0)))
        self.activity = h.copy()
        odds = np.exp((logits - logits.max()).astype(np.float64))
        self.probabilities = odds / odds.sum()
        self._action = int(np.argmax(logits) if greedy else self._random.choice(self.num_actions, p=self.probabilities))
        self._step += 1
        return self._action

    def _input(self, observation: np.ndarray, reward: float) -> np.ndarray:
        facts = self._facts
        action = np.zeros(self.num_actions, np.float32)
        if self._action is not None:
            action[self._action] = 1
        elif facts["first_previous_action"] == "first":
            action[0] = 1
        parts = [observation, [np.float32(reward if self._step else 0)], action]
        if facts["time_input"] == "normalised":
            parts.append([np.float32(self._step) / np.float32(facts["num_steps"])])
        elif facts["time_input"] == "raw":
            parts.append([np.float32(facts["time_per_step"] * self._step)])
        return np.concatenate(parts, dtype=np.float32)

    def _listen(self, x: np.ndarray) -> None:
        arrays, h = self._arrays, self._h
        gates = np.concatenate([x, h]) @ arrays["kernel"] + arrays["bias"]
        cell = self._facts["cell"]
        if cell == "LSTM":
            write, keep, content, read = np.split(gates, 4)
            self._c = _logistic(keep) * self._c + _logistic(write) * np.tanh(content)
            self._h = _logistic(read) * np.tanh(self._c)
        elif cell == "GRU":
            reset, keep = np.split(_logistic(gates), 2)
            content = np.concatenate([x, reset * h]) @ arrays["content_kernel"] + arrays["content_bias"]
            self._h = keep * h + (1 - keep) * np.tanh(content)
        else:
            self._h = np.tanh(gates)


def load_policy(path: str | Path, *, seed: int | None = None) -> Policy:
    """The policy in a file.

    Arguments:
        path: the file.
        seed: of the actions that are drawn. None: others each time.

    Raises:
        ValueError: when it is no such file, or holds more than `MOST_BYTES`.
    """
    try:
        with np.load(path, allow_pickle=False) as read:
            if sum(entry.file_size for entry in read.zip.infolist()) > MOST_BYTES:
                raise ValueError(f"more than {MOST_BYTES / 2**20:,.0f} MB")
            arrays = {name: read[name] for name in read.files}
        if lacking := {"kernel", "bias", "policy", "value", FACTS}.difference(arrays):
            raise ValueError(f"without {min(lacking)}")
        return Policy(arrays, json.loads(str(arrays.pop(FACTS))), seed)
    except FileNotFoundError:
        raise
    except Exception as error:  # of many kinds, for a damaged archive
        raise ValueError(f"`path` must be a file of a policy, got {path}, which is none ({error}).") from error
