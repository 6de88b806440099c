"""Two models fitted to a CSV with odd column names, compared person by person and as a group."""

import pandas as pd

import prefrontal as pf

NAMES = ["Ada", "Bo", "Cem", "Dora", "Eli", "Fay", "Gus", "Hana", "Ivo", "Jun"]
task = pf.TwoStepConfig(num_trials=150)
planners = pf.simulate("hybrid", task, pf.draw_parameters("hybrid", task, 5, seed=1), seed=1)
simple = pf.simulate("win-stay-lose-shift", task, pf.draw_parameters("win-stay-lose-shift", task, 5, seed=2), seed=2)
trials = pd.concat([planners, simple.assign(subject=simple["subject"] + 5)], ignore_index=True)
pd.DataFrame(
    {  # first five: hybrid, last five: win-stay-lose-shift
        "who": trials["subject"].map(dict(enumerate(NAMES))),
        "n": trials["trial"] + 1,
        "key1": trials["choice"].map({0: "left", 1: "right"}),
        "room": trials["state"].map({0: "kitchen", 1: "attic"}),
        "points": trials["reward"] * 10,
    }
).to_csv("odd.csv", index=False)

columns = pf.Columns(
    subject="who",
    trial="n",
    choice="key1",
    state="room",
    reward="points",
    reward_above=0,
    values={"choice": ("left", "right")},
)
understood = pf.understand("odd.csv", columns=columns)
print(understood)
table = understood.table
for caution in pf.cautions(table):
    print("Caution:", caution)

with pf.quietly():
    fits = [pf.fit_model(table, name) for name in ("hybrid", "win-stay-lose-shift")]
comparison = pf.compare_fits(fits)
print(comparison.best.to_string())
print(comparison.bic.round(1).to_string())
print(comparison.table.round(2).T.to_string())
print(*pf.save_figure(pf.plot_comparison(comparison), "job_c_comparison", formats=["png"]))
print(*pf.save_figure(pf.plot_selection(comparison.selection), "job_c_selection", formats=["png"]))
