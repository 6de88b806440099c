"""How sturdy is the result? Train `wang2018-two-step` with each choice that the paper leaves open made otherwise.

    python benchmarks/robustness.py [--seeds 8] [--out runs]

It prints a Markdown table, a row a variant, and keeps every run: a second call goes on where the first was stopped.
"""

import argparse
from dataclasses import replace
from pathlib import Path

import prefrontal as pf

PRESET = pf.find_experiment("wang2018-two-step")
VARIANTS = {
    "the preset: updates of 60 steps (20 trials)": {},
    "updates of 100 steps": {"train": {"unroll": 100}},
    "one update an episode (300 steps)": {"train": {"unroll": None}},
    "updates of 30 steps": {"train": {"unroll": 30}},
    "RMSProp as in A3C": {"train": {"optimiser": "rmsprop-a3c"}},
    "initial value weights of norm .01": {"agent": {"value_scale": 0.01}},
    "zero initial state": {"agent": {"initial_state": "zero"}},
    "heads without bias": {"agent": {"head_bias": False}},
    "orthogonal initial LSTM weights": {"agent": {"kernel_initialiser": "orthogonal"}},
    "updates of 15 steps": {"train": {"unroll": 15}},
    "forget bias 0": {"agent": {"forget_bias": 0.0}},
    "raw time as an input": {"agent": {"time_input": "raw"}},
}


def main() -> None:
    """Train and test every variant, and print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seeds", type=int, default=8, help="networks a variant (default: 8)")
    parser.add_argument("--out", type=Path, default=Path("runs"), help="where the runs are kept (default: runs)")
    options = parser.parse_args()
    measures = list(PRESET.published)
    print("| variant | seeds that learned | reward | " + " | ".join(m.replace("_", " ") for m in measures) + " |")
    print("|---" * (3 + len(measures)) + "|", flush=True)
    for name, changes in VARIANTS.items():
        config = replace(
            PRESET.config, **{part: replace(getattr(PRESET.config, part), **new) for part, new in changes.items()}
        )
        folder = options.out / PRESET.name / PRESET.folder(config).name
        seeds = range(options.seeds)
        pf.train_run(PRESET, config, seeds, folder)
        _, results = pf.evaluate_run(PRESET, config, seeds, folder)
        rewards = results["reward_per_episode"]["per_seed"]
        learned = sum(reward >= PRESET.learned_reward for reward in rewards)
        stays = (f"{results['stay_probability'][measure]['mean']:.3f}" for measure in measures)
        print(
            f"| {name} | {learned} of {len(rewards)} | {sum(rewards) / len(rewards):.1f} | {' | '.join(stays)} |",
            flush=True,
        )


if __name__ == "__main__":
    main()
