"""How long fits of populations take, and whether they are right: `python benchmarks/fits.py [PART ...] [--table FILE]`.

Parts:
    example     NUTS of the hybrid on 11 people x 200 trials, hBayesDM's example or the file given, and em beside it
    hundred     NUTS of the hybrid on 100 simulated people x 200 trials, and em beside it
    coverage    em of 20 simulated populations of 50 people x 200 trials: bias, and coverage of the 95 % intervals

Each prints wall-clock and processor seconds (compiling included, and again with everything compiled where it is quick),
the load of the machine, R-hat, effective sample sizes, divergences, and leapfrog steps a draw.
"""

import argparse
import os
import time
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from prefrontal import devices

devices.configure()

import jax.numpy as jnp  # noqa: E402
import numpy as np  # noqa: E402
import pandas as pd  # noqa: E402

import prefrontal as pf  # noqa: E402
from prefrontal.configs.models import known_of  # noqa: E402

PEOPLE = Path(__file__).parents[1] / "tests" / "data" / "people" / "simulated_daw.tsv"
MEAN = {
    "first_learning_rate": -0.2, "second_learning_rate": -0.2, "trace": 0.3, "weight": 0.0,
    "inverse_temperature": -0.6, "second_inverse_temperature": -0.8, "perseveration": 0.12,
}  # fmt: skip
SD = {
    "first_learning_rate": 0.5, "second_learning_rate": 0.5, "trace": 0.4, "weight": 0.6,
    "inverse_temperature": 0.25, "second_inverse_temperature": 0.25, "perseveration": 0.08,
}  # fmt: skip
"""Of simulated populations, in unbounded units: medians .42, .42, .62, .5, 5.5, 4.2 and .12."""
NUM_POPULATIONS = 20


@contextmanager
def timed(what: str) -> Iterator[None]:
    wall, processor = time.perf_counter(), time.process_time()
    yield
    wall, processor = time.perf_counter() - wall, time.process_time() - processor
    print(f"{what}: {wall:.1f} s, {processor:.1f} s of processor; load {os.getloadavg()[0]:.1f}", flush=True)


def population(num_people: int, num_trials: int, seed: int) -> pd.DataFrame:
    """People on Daw's task, of the hybrid with normal unbounded parameters."""
    config = pf.DawTwoStepConfig(num_trials=num_trials)
    parameters = pf.find_model("hybrid").parameters(known_of(config))
    rng = np.random.default_rng([seed, 7])
    values = {
        name: np.asarray(found.constrain(jnp.asarray(rng.normal(MEAN[name], SD[name], num_people))))
        for name, found in parameters.items()
    }
    return pf.simulate("hybrid", config, values, seed=seed)


def nuts(table: pd.DataFrame, name: str) -> None:
    """NUTS beside em: whether each one's group is within the other's interval."""
    with timed(f"{name}, em"):
        group = pf.fit_group(table, "hybrid").group
    with timed(f"{name}, NUTS as users have it"):
        posterior = pf.fit_hierarchy(table, "hybrid")
    rows = posterior.diagnostics
    steps = float(posterior.inference.sample_stats["n_steps"].mean())
    print(
        f"  largest R-hat {posterior.largest_r_hat:.4f}, smallest ESS {posterior.smallest_ess:,.0f}, "
        f"{posterior.num_divergences} divergences, {steps:.1f} steps a draw, {posterior.seconds:.0f} s in all"
    )
    beside = pd.DataFrame(
        {
            "em": group["median"],
            "em_low": group["low"],
            "em_high": group["high"],
            **{
                f"nuts{end}": [rows.loc[f"group_{key}", column] for key in posterior.parameters]
                for end, column in (("", "mean"), ("_low", "hdi_2.5%"), ("_high", "hdi_97.5%"))
            },
        }
    )
    print(beside.round(3).to_string())
    inside = (beside["nuts"].between(beside["em_low"], beside["em_high"])).sum()
    other = (beside["em"].between(beside["nuts_low"], beside["nuts_high"])).sum()
    print(
        f"  NUTS' mean within em's interval: {inside} of {len(beside)}; em's median within NUTS': {other}", flush=True
    )


def coverage(num_populations: int) -> None:
    """Of em's group means and deviations, over populations whose true ones are known."""
    rows = []
    for seed in range(num_populations):
        with timed(f"population {seed + 1} of {num_populations}"):
            fit = pf.fit_group(population(50, 200, seed), "hybrid", seed=seed)
        for name, row in fit.group.iterrows():
            off = row["mean"] - MEAN[str(name)]
            covered = abs(off) <= 1.96 * row["error"]
            rows.append({"parameter": name, "off": off, "covered": covered, "ratio": row["sd"] / SD[str(name)]})
    found = pd.DataFrame(rows).groupby("parameter", sort=False)
    told = pd.DataFrame(
        {
            "true mean": pd.Series(MEAN),
            "true sd": pd.Series(SD),
            "bias": found["off"].mean(),
            "bias / sd": found["off"].mean() / pd.Series(SD),
            "covered": found["covered"].mean(),
            "sd found / true": found["ratio"].mean(),
        }
    )
    print(told.round(3).to_string())
    print(f"All parameters: {pd.DataFrame(rows)['covered'].mean():.3f} covered, of {num_populations} populations.")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("parts", nargs="*", default=["example", "hundred", "coverage"])
    parser.add_argument("--table", type=Path, default=PEOPLE)
    parser.add_argument("--populations", type=int, default=NUM_POPULATIONS)
    asked = parser.parse_args()
    warnings.simplefilter("ignore", FutureWarning)
    print(f"{devices.num_cores()} cores, load {os.getloadavg()[0]:.1f}")
    with pf.quietly():
        if "example" in asked.parts:
            nuts(pf.read_trials(str(asked.table)), asked.table.name)
        if "hundred" in asked.parts:
            nuts(population(100, 200, 0), "100 people x 200 trials")
        if "coverage" in asked.parts:
            coverage(asked.populations)


if __name__ == "__main__":
    main()
