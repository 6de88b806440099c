"""From the command to the figure: does every draw of eight fresh seeds learn, and how long does one wait?

    python benchmarks/command_to_figure.py [--draws 16] [--first 600] [--out draws] [-- --train.num-episodes 3750]

Each draw is `prefrontal reproduce wang2018-two-step --recipe robust` with seeds of its own, in a process of its own, as
a user has it. Seconds are by the clock, and of the processors together (user and system); training's are those that
the command itself tells. A second call does what is missing. It prints a Markdown table.
"""

import argparse
import json
import os
import re
import subprocess
import sys
import time
from pathlib import Path

import numpy as np

PUBLISHED = {
    "common_rewarded": 0.989,
    "uncommon_rewarded": 0.638,
    "common_unrewarded": 0.621,
    "uncommon_unrewarded": 0.988,
}
LEARNED = 66.0


def draw(seeds: list[int], out: Path, options: list[str]) -> dict:
    """Train, test and draw `seeds`, and tell what came of it."""
    command = [sys.executable, "-m", "prefrontal.cli", "reproduce", "wang2018-two-step", "--recipe", "robust"]
    command += ["--seeds", *map(str, seeds), "--out", str(out), *options]
    before, started = os.times(), time.perf_counter()
    told = subprocess.run(command, capture_output=True, text=True, check=True).stderr
    seconds, after = time.perf_counter() - started, os.times()
    results = json.loads((out / "results.json").read_text(encoding="utf-8"))
    episodes, rate = re.findall(r"of ([\d,]+) episodes, ([\d,]+)/s", told)[-1]
    reward = np.array(results["reward_per_episode"]["per_seed"])
    return {
        "seeds": seeds,
        "learned": int((reward >= LEARNED).sum()),
        "reward": float(reward.mean()),
        "least": float(reward.min()),
        **{name: results["stay_probability"][name]["mean"] for name in PUBLISHED},
        "seconds": seconds,
        "processor": sum(getattr(after, kind) - getattr(before, kind) for kind in ("children_user", "children_system")),
        "training": int(episodes.replace(",", "")) / int(rate.replace(",", "")),
    }


def main() -> None:
    """Do the draws that are missing, and print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--draws", type=int, default=16)
    parser.add_argument("--seeds", type=int, default=8, help="of each draw")
    parser.add_argument("--first", type=int, default=600, help="the first seed")
    parser.add_argument("--out", type=Path, default=Path("draws"))
    parser.add_argument("options", nargs="*", help="further options of the command")
    options = parser.parse_args()
    rows = []
    for number in range(options.draws):
        first = options.first + number * options.seeds
        folder, kept = options.out / f"seeds-{first}", options.out / f"seeds-{first}.json"
        if not kept.exists():
            found = draw(list(range(first, first + options.seeds)), folder, options.options)
            kept.write_text(json.dumps(found), encoding="utf-8")
        rows.append(json.loads(kept.read_text(encoding="utf-8")))
    print("| seeds | learn | reward: mean (least) | CR | UR | CU | UU | farthest from the paper | seconds | training |")
    print("|---" * 10 + "|")
    for row in rows:
        stays = [row[name] for name in PUBLISHED]
        farthest = max(abs(row[name] - published) for name, published in PUBLISHED.items())
        seeds = row["seeds"]
        print(
            f"| {seeds[0]} to {seeds[-1]} | {row['learned']} of {len(seeds)} | {row['reward']:.2f} "
            f"({row['least']:.2f}) | {' | '.join(f'{stay:.3f}' for stay in stays)} | {farthest:.3f} "
            f"| {row['seconds']:.1f} | {row['training']:.1f} |"
        )
    for name, what in (("seconds", "seconds"), ("processor", "seconds of processor"), ("training", "training")):
        values = [row[name] for row in rows]
        print(f"{what}: median {np.median(values):.1f}, {min(values):.1f} to {max(values):.1f}")


if __name__ == "__main__":
    main()
