"""The two-step task, one network step a trial, learned by an idiomatic PyTorch advantage actor-critic: a yardstick.

The same problem as `--task.encoding trial` with one update an episode and a zero initial state: LSTM of 48 units,
episodes of 100 trials, the loss of Wang et al. (2018), RMSProp. One episode is played step by step with an LSTM cell,
its graph is kept, and its loss is differentiated: how one writes it in PyTorch. Needs `pip install torch`.

    python benchmarks/pytorch_a2c.py [--episodes 200] [--seed 0]

It prints episodes a second, after a short warm-up.
"""

import argparse
import time

import torch
from torch import nn

NUM_TRIALS, COMMON, BETTER, REVERSAL = 100, 0.8, 0.9, 0.025
DISCOUNT, VALUE_COST, ENTROPY_COST, LEARNING_RATE = 0.9, 0.05, 0.05, 7e-4


class ActorCritic(nn.Module):
    """One LSTM with a policy and a value."""

    def __init__(self, inputs: int = 6, units: int = 48, actions: int = 2):
        super().__init__()
        self.cell = nn.LSTMCell(inputs, units)
        self.policy = nn.Linear(units, actions)
        self.value = nn.Linear(units, 1)

    def forward(self, x, state):
        """One step: logits, value and the new state."""
        h, c = self.cell(x, state)
        return self.policy(h), self.value(h), (h, c)


class TwoStep:
    """The task, one step a trial."""

    def __init__(self):
        self.better = int(torch.rand(()) < 0.5)

    def step(self, action: int) -> tuple[int, float]:
        """The second-stage state reached, and its reward."""
        draws = torch.rand(3).tolist()
        if draws[0] < REVERSAL:
            self.better = 1 - self.better
        state = action if draws[1] < COMMON else 1 - action
        return state, float(draws[2] < (BETTER if state == self.better else 1 - BETTER))


def play(agent: ActorCritic):
    """One episode: log-probabilities of the choices, values, entropies and rewards."""
    task, state = TwoStep(), (torch.zeros(1, 48), torch.zeros(1, 48))
    x = torch.tensor([[1.0, 0.0, 0.0, 0.0, 0.0, 0.0]])
    chosen, values, entropies, rewards = [], [], [], []
    for _ in range(NUM_TRIALS):
        logits, value, state = agent(x, state)
        policy = torch.distributions.Categorical(logits=logits)
        action = policy.sample()
        reached, reward = task.step(action.item())
        chosen.append(policy.log_prob(action))
        values.append(value.squeeze(1))
        entropies.append(policy.entropy())
        rewards.append(reward)
        x = torch.zeros(1, 6)
        x[0, 1 + reached], x[0, 3], x[0, 4 + action.item()] = 1.0, reward, 1.0
    return torch.cat(chosen), torch.cat(values), torch.cat(entropies), rewards


def train(num_episodes: int, seed: int) -> float:
    """Train one network; return episodes a second."""
    torch.manual_seed(seed)
    torch.set_num_threads(1)
    agent = ActorCritic()
    optimiser = torch.optim.RMSprop(agent.parameters(), lr=LEARNING_RATE, alpha=0.9, eps=1e-10)
    warm_up = max(1, num_episodes // 10)
    for episode in range(warm_up + num_episodes):
        if episode == warm_up:
            started = time.perf_counter()
        chosen, values, entropies, rewards = play(agent)
        returns, later = [], 0.0
        for reward in reversed(rewards):
            later = reward + DISCOUNT * later
            returns.append(later)
        returns = torch.tensor(returns[::-1])
        advantages = (returns - values).detach()
        loss = (
            -(chosen * advantages).sum()
            + VALUE_COST * 0.5 * ((returns - values) ** 2).sum()
            - ENTROPY_COST * entropies.sum()
        )
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
    return num_episodes / (time.perf_counter() - started)


def main() -> None:
    """Print episodes a second."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--episodes", type=int, default=200, help="episodes to time (default: 200)")
    parser.add_argument("--seed", type=int, default=0, help="random seed (default: 0)")
    options = parser.parse_args()
    print(f"{train(options.episodes, options.seed):.2f}")


if __name__ == "__main__":
    main()
