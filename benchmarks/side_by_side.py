"""Ours and other programs for the same problem, in turns on the same machine: ratios that hold when its speed drifts.

    python benchmarks/side_by_side.py [--rounds 5] [--torch-python PYTHON] [--program './yardstick {episodes} {seed}']

The problem: the two-step task, one network step a trial, LSTM of 48 units, no time input, zero initial state, one
update an episode of 100 trials. Ours trains eight seeds, spread over all cores. PyTorch (`pytorch_a2c.py`) and any
other `--program` run one process a core, one seed each; a program prints its episodes a second, as the only number or
before "ep/s".
"""

import argparse
import re
import statistics
import subprocess
import sys
import time
from pathlib import Path

from prefrontal import devices
from prefrontal.configs import RecurrentConfig, TrainConfig, TwoStepConfig
from prefrontal.learning.group import new_learner, train_group
from prefrontal.tasks import TwoStep

NUM_SEEDS, NUM_EPISODES, CHUNK_OF_WARM_UP = 8, 6_000, 1


def ours() -> float:
    """Episodes a second of eight seeds together, compilation left out."""
    task = TwoStep(TwoStepConfig(encoding="trial"))
    agent = RecurrentConfig(initial_state="zero", head_bias=False)
    config = TrainConfig(num_episodes=NUM_EPISODES)
    learners = [new_learner(task, agent, config, seed) for seed in range(NUM_SEEDS)]
    done, started = 0, 0.0
    for number, chunk in enumerate(train_group(learners, num_episodes=NUM_EPISODES, unroll=task.num_steps)):
        if number == CHUNK_OF_WARM_UP:
            done, started = chunk.episode, time.perf_counter()
    return NUM_SEEDS * (NUM_EPISODES - done) / (time.perf_counter() - started)


def others(command: list[str], episodes: int) -> float:
    """Episodes a second of one process a core together."""
    filled = [
        [word.format(episodes=episodes, seed=seed) for word in command] for seed in range(1, devices.num_cores() + 1)
    ]
    processes = [subprocess.Popen(words, stdout=subprocess.PIPE, text=True) for words in filled]
    told = [process.communicate()[0] for process in processes]
    return sum(float((re.search(r"([\d.]+) ep/s", text) or re.search(r"([\d.]+)", text))[1]) for text in told)


def main() -> None:
    """Run in turns; print each round's rates and the median ratios."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=5, help="turns of each program (default: 5)")
    parser.add_argument("--torch-python", default=sys.executable, help="a Python that has torch (default: this one)")
    parser.add_argument("--program", help="another program; {episodes} and {seed} are filled in")
    options = parser.parse_args()
    devices.configure()
    script = str(Path(__file__).with_name("pytorch_a2c.py"))
    rivals = {}
    if subprocess.run([options.torch_python, "-c", "import torch"], capture_output=True).returncode == 0:
        rivals["PyTorch"] = ([options.torch_python, script, "--episodes", "{episodes}", "--seed", "{seed}"], 150)
    else:
        print(f"{options.torch_python} has no torch: PyTorch is left out. Give one that has by --torch-python.")
    if options.program:
        rivals["program"] = (options.program.split(), 20_000)
    ours()  # compiles
    rates: dict[str, list[float]] = {"ours": [], **{name: [] for name in rivals}}
    for number in range(options.rounds):
        rates["ours"].append(ours())
        for name, (command, episodes) in rivals.items():
            rates[name].append(others(command, episodes))
        print(
            f"round {number + 1}: " + ", ".join(f"{name} {values[-1]:,.0f}" for name, values in rates.items()),
            flush=True,
        )
    for name in rivals:
        ratios = [mine / theirs for mine, theirs in zip(rates["ours"], rates[name], strict=True)]
        print(f"ours / {name}: median {statistics.median(ratios):.2f}, {min(ratios):.2f} to {max(ratios):.2f}")


if __name__ == "__main__":
    main()
