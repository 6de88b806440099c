import pandas as pd

import prefrontal as pf

task = pf.TwoStepConfig(num_trials=150)
first = pf.simulate("hybrid", task, pf.draw_parameters("hybrid", task, 12, seed=1), seed=1)
second = pf.simulate("win-stay-lose-shift", task, pf.draw_parameters("win-stay-lose-shift", task, 6, seed=2), seed=2)
second["subject"] += 12
raw = pd.concat([first, second])
mine = pd.DataFrame(
    {
        "vpn": "P" + raw["subject"].astype(str).str.zfill(2),
        "durchgang": raw["trial"] + 1,
        "rakete": raw["choice"].map({0: "gruen", 1: "blau"}),
        "planet": raw["state"].map({0: "rot", 1: "lila"}),
        "muenze": raw["reward"].astype(int),
    }
)
mine.to_csv("weltraum.csv", index=False)

columns = pf.Columns(subject="vpn", trial="durchgang", choice="rakete", state="planet", reward="muenze")
pf.keep_columns("weltraum.csv", columns)
print(pf.understand("weltraum.csv"))
table = pf.read_trials("weltraum.csv")
print(pf.overview(table))
print(pf.stay_probability(table).mean().round(2).to_dict())

fits = {name: pf.fit_model(table, name, num_starts=8) for name in ("hybrid", "win-stay-lose-shift")}
for name, fit in fits.items():
    print(name)
    print(fit.table[list(fit.parameters)].describe().loc[["mean", "std", "25%", "50%", "75%"]].round(2).to_string())
    print(*pf.save_figure(pf.plot_fit(fit), f"parameters-{name}", formats="png"))
comparison = pf.compare_fits(fits)
print(comparison.table.round(2).to_string())
print(comparison.selection.table.round(3).to_string())
print("more frequent:", comparison.selection.table["expected_frequency"].idxmax())
print("truth 12 and 6; best:", comparison.best.value_counts().to_dict())
print(*pf.save_figure(pf.plot_selection(comparison.selection), "selection", formats="png"))
