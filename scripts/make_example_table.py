"""Simulate the table of trials that comes with the package.

python scripts/make_example_table.py
"""

import numpy as np

import prefrontal as pf
from prefrontal.trials.example import EXAMPLE

NUM_PEOPLE, NUM_TRIALS = 12, 120
MISSED = 0.02
"""Share of trials without an answer."""


def main() -> None:
    """Write it where the package has it."""
    random = np.random.default_rng(2018)
    people = {"weight": np.linspace(0.1, 0.9, NUM_PEOPLE), "inverse_temperature": np.full(NUM_PEOPLE, 4.0)}
    table = pf.simulate("hybrid", pf.TwoStepConfig(num_trials=NUM_TRIALS), people, seed=2018)
    written = table[["subject", "trial"]].assign(
        subject=[f"p{number + 1:02d}" for number in table["subject"]],
        trial=table["trial"] + 1,
        choice=table["choice"].map({0: "left", 1: "right"}),
        state=table["state"].map({0: "red", 1: "blue"}),
        reward=table["reward"],
        rt=(0.25 + random.lognormal(-1.0, 0.4, len(table))).round(3),
    )
    missed = (random.random(len(table)) < MISSED) & (table["trial"] > 0)
    written["reward"] = written["reward"].astype("Int64")
    written.loc[missed, ["choice", "state", "reward", "rt"]] = None
    written.to_csv(EXAMPLE, index=False, na_rep="NA")


if __name__ == "__main__":
    main()
