"""People on Daw's two-step task, simulated in plain loops that share nothing with the package.

`python tests/simulated_people.py` writes `tests/data/people` anew: choices in the columns of hBayesDM's example, and
what each person was made with. A person is hBayesDM's seven-parameter model (Ahn, Haines, Zhang 2017); while it
chooses, the chances of what it chose are added up, so that its log-likelihood is known without any likelihood code.
"""

import csv
import math
import random
from pathlib import Path

FOLDER = Path(__file__).parent / "data" / "people"
CHOICES, TRUTH = FOLDER / "simulated_daw.tsv", FOLDER / "simulated_daw_truth.tsv"

NUM_PEOPLE, NUM_TRIALS = 11, 201
COMMON = 0.7
"""Choice 1 leads to options 1 and 2 so often, choice 2 to options 3 and 4."""
MISSED = 0.01
"""Of trials; a missed one is left out and its number skipped."""
PARAMETERS = ("a1", "beta1", "a2", "beta2", "pi", "w", "lambda")
"""In the letters of hBayesDM: two learning rates and inverse temperatures, perseveration, model-based weight, trace."""


def logistic(x: float) -> float:
    return 1 / (1 + math.exp(-x))


def person(rng: random.Random) -> dict[str, float]:
    return {
        "a1": rng.uniform(0.2, 0.8),
        "beta1": rng.uniform(2.0, 6.0),
        "a2": rng.uniform(0.2, 0.8),
        "beta2": rng.uniform(1.5, 5.0),
        "pi": rng.uniform(-0.2, 0.6),
        "w": rng.uniform(0.1, 0.9),
        "lambda": rng.uniform(0.2, 0.9),
    }


def drifted(chance: float, rng: random.Random) -> float:
    """A step of the reward's random walk, reflected at .25 and .75 (Daw et al. 2011)."""
    chance += rng.gauss(0, 0.025)
    chance = 0.5 - chance if chance < 0.25 else chance
    return 1.5 - chance if chance > 0.75 else chance


def played(me: dict[str, float], rng: random.Random) -> tuple[list[tuple], float]:
    """The rows of one person, (trial, first choice, second choice, reward, the four chances), and the logarithm of the
    chance of all its choices."""
    first, second = {1: 0.0, 2: 0.0}, {1: 0.0, 2: 0.0, 3: 0.0, 4: 0.0}
    chances = [rng.uniform(0.25, 0.75) for _ in range(4)]
    before, rows, log_likelihood = None, [], 0.0
    for trial in range(1, NUM_TRIALS + 1):
        chances = [drifted(chance, rng) for chance in chances]
        if rng.random() < MISSED:
            continue
        best = {"left": max(second[1], second[2]), "right": max(second[3], second[4])}
        planned = {
            1: COMMON * best["left"] + (1 - COMMON) * best["right"],
            2: (1 - COMMON) * best["left"] + COMMON * best["right"],
        }
        value = {c: me["w"] * planned[c] + (1 - me["w"]) * first[c] for c in (1, 2)}
        repeat = 0.0 if before is None else me["pi"] if before == 2 else -me["pi"]
        chance_of_2 = logistic(me["beta1"] * (value[2] - value[1]) + repeat)
        choice = 2 if rng.random() < chance_of_2 else 1
        log_likelihood += math.log(chance_of_2 if choice == 2 else 1 - chance_of_2)

        common = rng.random() < COMMON
        left = (choice == 1) == common
        low, high = (1, 2) if left else (3, 4)
        chance_of_high = logistic(me["beta2"] * (second[high] - second[low]))
        option = high if rng.random() < chance_of_high else low
        log_likelihood += math.log(chance_of_high if option == high else 1 - chance_of_high)

        reward = int(rng.random() < chances[option - 1])
        first[choice] += me["a1"] * (second[option] - first[choice])
        second[option] += me["a2"] * (reward - second[option])
        first[choice] += me["lambda"] * me["a1"] * (reward - second[option])
        before = choice
        rows.append((trial, choice, option, reward, *chances))
    return rows, log_likelihood


def people() -> tuple[str, str]:
    """The two files, as text."""
    rng = random.Random(2017)
    choices = [("subjID", "trial", "level1_choice", "level2_choice", "reward", "A1prob", "A2prob", "B1prob", "B2prob")]
    truth = [("subjID", *PARAMETERS, "log_likelihood")]
    for subject in range(1, NUM_PEOPLE + 1):
        me = person(rng)
        rows, log_likelihood = played(me, rng)
        choices += [(subject, *row[:4], *(f"{chance:.4f}" for chance in row[4:])) for row in rows]
        truth.append((subject, *(repr(me[name]) for name in PARAMETERS), f"{log_likelihood:.6f}"))
    return tuple("".join("\t".join(map(str, row)) + "\n" for row in table) for table in (choices, truth))


def read_truth() -> list[dict[str, float]]:
    """Of each person its parameters and `log_likelihood`."""
    with TRUTH.open(encoding="utf-8") as file:
        return [{name: float(cell) for name, cell in row.items()} for row in csv.DictReader(file, delimiter="\t")]


if __name__ == "__main__":
    for path, text in zip((CHOICES, TRUTH), people(), strict=True):
        path.write_text(text, encoding="utf-8")
