"""Advantage actor-critic once more, in NumPy, in double precision, as loops: network, loss, gradient, optimiser."""

import numpy as np


def sigmoid(x: np.ndarray) -> np.ndarray:
    return 1 / (1 + np.exp(-x))


class NumpyLSTM:
    """An LSTM with a policy and a value.

    Arguments:
        weights: "kernel" (inputs then units by gates i, f, g, o), "bias", "policy", "value"; and, if it has them,
            "policy_bias", "value_bias", and the initial "h" and "c".
        time_scale: what the step number is divided by to be an input; None when it is none.
        first_action: what stands for the last action on the first step, one-hot; None for zeros.
    """

    def __init__(self, weights: dict[str, np.ndarray], time_scale: float | None, first_action: int | None = None):
        self.weights = {name: np.asarray(array, np.float64) for name, array in weights.items()}
        self.units = self.weights["value"].shape[0]
        self.time_scale = time_scale
        self.first_action = first_action

    def inputs(self, observation: np.ndarray, action: np.ndarray, reward: np.ndarray, first_step: int) -> np.ndarray:
        """One episode's inputs from its start, from `first_step` on: observation, last reward, last action, time."""
        num_actions = self.weights["policy"].shape[1]
        rows = []
        for t in range(first_step, len(action)):
            last_action, last_reward = np.zeros(num_actions), 0.0
            if t > 0:
                last_action[action[t - 1]] = 1.0
                last_reward = reward[t - 1]
            elif self.first_action is not None:
                last_action[self.first_action] = 1.0
            time = [] if self.time_scale is None else [t / self.time_scale]
            rows.append(np.concatenate([observation[t], [last_reward], last_action, time]))
        return np.array(rows)

    def initial_state(self) -> tuple[np.ndarray, np.ndarray]:
        zero = np.zeros(self.units)
        return self.weights.get("h", zero), self.weights.get("c", zero)

    def forward(self, inputs: np.ndarray, state: tuple[np.ndarray, np.ndarray]) -> tuple[np.ndarray, np.ndarray]:
        """Logits and values; what `backward` needs, and the `state` at the end, are kept."""
        w, (h, c) = self.weights, state
        self.steps, logits, values = [], [], []
        for x in inputs:
            both = np.concatenate([x, h])
            z = both @ w["kernel"] + w["bias"]
            i, f, g, o = (z[n * self.units : (n + 1) * self.units] for n in range(4))
            i, f, g, o = sigmoid(i), sigmoid(f), np.tanh(g), sigmoid(o)
            last_c, c = c, f * c + i * g
            h = o * np.tanh(c)
            logits.append(h @ w["policy"] + w.get("policy_bias", 0.0))
            values.append(h @ w["value"] + w.get("value_bias", 0.0))
            self.steps.append((both, i, f, g, o, last_c, c, h))
        self.state = h, c
        return np.array(logits), np.array(values)

    def backward(
        self, logits_errors: np.ndarray, value_errors: np.ndarray, *, starts: bool = True
    ) -> dict[str, np.ndarray]:
        """The gradient of every weight, from dL/dlogits and dL/dvalue at every step.

        Where the sequence does not start an episode, what reaches its first state stops there.
        """
        w = self.weights
        gradient = {name: np.zeros_like(array) for name, array in w.items()}
        h_error, c_error = np.zeros(self.units), np.zeros(self.units)
        for step, logits_error, value_error in zip(
            reversed(self.steps), logits_errors[::-1], value_errors[::-1], strict=True
        ):
            both, i, f, g, o, last_c, c, h = step
            gradient["policy"] += np.outer(h, logits_error)
            gradient["value"] += h * value_error
            if "policy_bias" in w:
                gradient["policy_bias"] += logits_error
                gradient["value_bias"] += value_error
            h_error = h_error + w["policy"] @ logits_error + w["value"] * value_error
            c_error = c_error + h_error * o * (1 - np.tanh(c) ** 2)
            z_error = np.concatenate(
                [
                    c_error * g * i * (1 - i),
                    c_error * last_c * f * (1 - f),
                    c_error * i * (1 - g**2),
                    h_error * np.tanh(c) * o * (1 - o),
                ]
            )
            gradient["kernel"] += np.outer(both, z_error)
            gradient["bias"] += z_error
            h_error = (w["kernel"] @ z_error)[-self.units :]
            c_error = c_error * f
        if "h" in w and starts:
            gradient["h"], gradient["c"] = h_error, c_error
        return gradient


def loop_returns(reward: np.ndarray, discount: float, bootstrap: float) -> np.ndarray:
    """R_t = r_t + discount R_{t+1}, from R_T = `bootstrap`."""
    returns, later = np.zeros(len(reward)), float(bootstrap)
    for t in reversed(range(len(reward))):
        later = float(reward[t]) + discount * later
        returns[t] = later
    return returns


def loss_and_errors(
    logits: np.ndarray,
    value: np.ndarray,
    action: np.ndarray,
    returns: np.ndarray,
    active: np.ndarray,
    *,
    value_cost: float,
    entropy_cost: float,
    baseline: np.ndarray | None = None,
    log_epsilon: float = 0.0,
) -> tuple[dict[str, float], np.ndarray, np.ndarray]:
    """The actor-critic loss's three sums, dL/dlogits and dL/dvalue, in closed form, step by step.

    With the policy pi, dpi_k/dlogits_j = pi_k (onehot(k)_j - pi_j). So for any f of the policy, with f_k = df/dpi_k,
    df/dlogits_j = pi_j (f_j - sum_k pi_k f_k).
    """
    terms = {"policy": 0.0, "value": 0.0, "entropy": 0.0}
    logits_errors, value_errors = np.zeros(logits.shape), np.zeros(value.shape)
    for t in range(len(action)):
        if not active[t]:
            continue
        shifted = logits[t].astype(np.float64) - logits[t].max()
        log_policy = shifted - np.log(np.exp(shifted).sum())
        policy = np.exp(log_policy)
        log_policy = np.log(policy + log_epsilon)
        entropy = -(policy * log_policy).sum()
        advantage = returns[t] - (value if baseline is None else baseline)[t]
        terms["policy"] -= log_policy[action[t]] * advantage
        terms["value"] += 0.5 * (returns[t] - value[t]) ** 2
        terms["entropy"] += entropy
        slopes = entropy_cost * (log_policy + policy / (policy + log_epsilon))
        slopes[action[t]] -= advantage / (policy[action[t]] + log_epsilon)
        logits_errors[t] = policy * (slopes - policy @ slopes)
        value_errors[t] = -value_cost * (returns[t] - value[t])
    return terms, logits_errors, value_errors


FLAVOURS = {
    "rmsprop-tf1": {"decay": 0.9, "epsilon": 1e-10, "start": 1.0},
    "rmsprop-a3c": {"decay": 0.99, "epsilon": 0.1, "start": 0.0},
}
"""RMSProp as in TensorFlow 1 and in A3C."""


class NumpyRMSProp:
    """m = decay m + (1 - decay) g^2, w = w - rate g / sqrt(m + epsilon), after scaling g down to a global norm."""

    def __init__(self, weights: dict[str, np.ndarray], *, decay: float, epsilon: float, start: float, max_norm: float):
        self.weights = {name: np.asarray(w, np.float64) for name, w in weights.items()}
        self.mean_square = {name: np.full(np.shape(w), start) for name, w in weights.items()}
        self.decay, self.epsilon, self.max_norm = decay, epsilon, max_norm

    def update(self, gradient: dict[str, np.ndarray], rate: float) -> float:
        """Take a step; returns the norm before clipping."""
        norm = np.sqrt(sum((np.asarray(g, np.float64) ** 2).sum() for g in gradient.values()))
        for name, g in gradient.items():
            g = g * min(1.0, self.max_norm / norm)
            self.mean_square[name] = self.decay * self.mean_square[name] + (1 - self.decay) * g**2
            self.weights[name] = self.weights[name] - rate * g / np.sqrt(self.mean_square[name] + self.epsilon)
        return float(norm)
