#!/usr/bin/env bash
# What stopped newcomers first, again, word for word: bash eleven.sh FOLDER, a new one. Some five minutes on two cores.
# Each command stands above what it says. Needs `prefrontal` and its `python` on the PATH, and REPOSITORY, the absolute
# path of the folder that README.md is in.
set -u
folder=${1:?a new folder}
repository=${REPOSITORY:?the folder of README.md}
mkdir "$folder" && cd "$folder" || exit 1

say() { printf '\n\n### %s\n' "$1"; }
try() {
    printf '\n$ %s\n' "$*"
    "$@" > said.txt 2>&1
    local code=$?
    head -"${LINES_SHOWN:-24}" said.txt
    printf '[exit %s]\n' $code
}

python - <<'PY'
import numpy as np, pandas as pd
import prefrontal as pf

played = pf.simulate("hybrid", pf.TwoStepConfig(num_trials=200), {"weight": np.linspace(.2, .8, 20), "inverse_temperature": np.full(20, 4.0)})
rng = np.random.default_rng(0)
pd.DataFrame({
    "participant": [f"p{int(s):02d}" for s in played["subject"]], "block": 1, "trial_number": played["trial"] + 1,
    "choice_1": played["choice"].map({0: "left", 1: "right"}), "planet": played["state"].map({0: "red", 1: "purple"}),
    "coins": played["reward"], "rt": rng.normal(552, 60, len(played)).round(),
}).to_csv("study.csv", index=False)
PY

say "N1: fit reads one's own CSV; the columns and the unit of response times can be said"
try prefrontal fit study.csv --models win-stay-lose-shift --columns choice=choice_1 state=planet reward=coins --rt-unit ms --out n1
try prefrontal fit study.csv --models win-stay-lose-shift --out n1-again
try python -c "import prefrontal as pf; print(pf.read_trials('study.csv', columns=pf.Columns(choice='choice_1', state='planet', reward='coins', rt_unit='ms')).shape)"

say "N2: one's own agent is trained by what is documented"
try grep -n -A24 "class GRUAgent" "$repository/docs/own.md"
cat > n2.py <<'PY'
import re, sys
page = open(sys.argv[1]).read()
code = next(block for block in re.findall(r"```python\n(.*?)```", page, re.S) if "GRUAgent" in block)
exec(compile(code.replace("8_000", "400"), "docs/own.md", "exec"))
instance = GRUAgent(task, jax.random.key(0))
try:
    pf.train_agents(task, instance, pf.recipe("robust", num_episodes=50), seeds=[0])
except pf.UserError as error:
    print("An instance:", error)
PY
try python n2.py "$repository/docs/own.md"

say "N3: README's example of one's own task, twice"
python - "$repository/README.md" > n3.py <<'PY'
import re, sys
print(next(block for block in re.findall(r"```python\n(.*?)```", open(sys.argv[1]).read(), re.S) if "HiddenArm" in block))
PY
try python n3.py
try python n3.py

say "N4: nobody is merged"
mkdir n4 && cp study.csv n4/
try prefrontal analyse n4/study.csv --columns choice=choice_1 state=planet reward=coins --rt-unit ms --out n4/analysis
sed '1s/participant/who/' study.csv > n4/other.csv
try prefrontal analyse n4/other.csv --columns choice=choice_1 state=planet reward=coins --rt-unit ms --out n4/other

say "N5: a figure of an intervened run says so"
try prefrontal intervene wang2018-two-step --pretrained --silence 3 7 --test.num-episodes 20
try grep -o -E "Tested with[^<]*" "$(ls runs/wang2018-two-step/pretrained/intervened-*/figure.svg)"

say "N6: model card and list agree"
LINES_SHOWN=60 try prefrontal list
try grep -c "| NO\||NO" "$repository/src/prefrontal/networks/wang2018-optogenetics/README.md"
try grep -n "verdict\|yes\|no" "$repository/src/prefrontal/networks/wang2018-optogenetics/README.md"

say "N7: README says where prefrontal is"
try grep -n "activate\|pip install\|\.venv/bin" "$repository/README.md"

say "N8: bench uses its options"
try prefrontal bench wang2016-two-step --seeds 1 --train.num-episodes 200 --out n8
try prefrontal bench --help

say "N9 and N10: rewards below chance are drawn; verdicts of the published task are left out of another"
LINES_SHOWN=40 try prefrontal reproduce wang2018-two-step --seeds 0 1 --train.num-episodes 600 --plot-every 200 --task.num-trials 20 --test.num-episodes 20
try grep -o -E "below chance[^<]*" "$(ls runs/wang2018-two-step/*/course.svg runs/wang2018-two-step/*/figure.svg | head -1)"

say "N11: a run in the place of an experiment"
run=$(ls -d runs/wang2018-two-step/*/ | grep -v pretrained | head -1); run=${run%/}
for command in evaluate figure show train; do LINES_SHOWN=8 try prefrontal $command "$run"; done
LINES_SHOWN=8 try prefrontal evaluate wang2018-two-step --out "$run"
LINES_SHOWN=12 try prefrontal analyse "$run" --out n11
try python -c "import prefrontal as pf; print(pf.load_run('$run')); print(pf.load_run('$run').agents)"
try python -c "import prefrontal as pf; pf.load_pretrained('$run')"
