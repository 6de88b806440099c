"""Right inputs of every reader of files: what others' programs write, and what the package does."""

import io
import json
import sqlite3
import tempfile
import zipfile
from dataclasses import asdict
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import tf1_files
from safetensors.numpy import save
from scipy.io import savemat

from prefrontal.experiments import find_experiment
from prefrontal.runs.files import write_arrays
from prefrontal.runs.provenance import to_json

FILES = Path(__file__).parent / "data" / "files"


def samples(*endings: str) -> list[bytes]:
    """The files that other programs wrote, of the suite."""
    return [path.read_bytes() for path in sorted(FILES.iterdir()) if path.is_file() and path.suffix in endings]


@cache
def own() -> tuple[bytes, ...]:
    heading = "subject,session,trial,choice,state,common,reward,missed,rt"
    rows = [
        f"s{n // 8},{n // 4 % 2},{n % 4},{n % 2},{n // 2 % 2},{n % 2 == n // 2 % 2},{n // 3 % 2},False,0.{n + 3}"
        for n in range(16)
    ]
    return ("\n".join([heading, *rows]).encode(), *samples(".csv")[12:15])


def hbayesdm() -> list[bytes]:
    return [
        (FILES / "05_hbayesdm_short.txt").read_bytes(),
        *(path.read_bytes() for path in [FILES / "attack-dup-hb.tsv"]),
    ]


def jspsych() -> list[bytes]:
    level = "trialLayout,levelOneChoice,transitionType,levelTwoChoice,wasRewarded,timeout,levelOneRT\n" + "".join(
        f"full,{n % 2 + 1},{'common' if n % 3 else 'rare'},{n // 2 % 2 + 1},{n % 2},false,{400 + n}\n" for n in range(8)
    )
    screens = "trial_type,stage,choice,transition,reward,rt\n" + "".join(
        f"x,1,{n % 2},,,{400 + n}\nx,2,{n // 2 % 2},{n % 3 > 0},{n % 2},{500 + n}\n" for n in range(8)
    )
    exp = "worker_id,trial_id,exp_stage,trial_num,stim_selected,stage,stage_transition,feedback,rt\n" + "".join(
        f"a,first_stage,test,{n},{n % 2},0,,,400\na,second_stage,test,{n},{2 + n % 4},{1 + n % 4 // 2},frequent,,500\n"
        f"a,feedback_stage,test,{n},,,,{n % 2},-1\n"
        for n in range(8)
    )
    analysis = (
        "trial_id,exp_stage,trial_num,stim_selected_first,stage_second,stage_transition,"
        "stim_selected_second,feedback,rt_first\n"
    )
    analysis += "".join(
        f"t,test,{n},{n % 2},{1 + n // 2 % 2},frequent,{2 + n % 4},{n % 2},{400 + n}\n" for n in range(8)
    )
    found = [
        (FILES / name).read_bytes()
        for name in ("07_jspsych_practice.csv", "07b_jspsych.json", "29_jspsych_2st_now.csv")
    ]
    lines = b"\n".join([found[1].replace(b"\n", b"")] * 2)
    return [*found, lines, *(text.encode() for text in (level, screens, exp, analysis))]


def psych() -> list[bytes]:
    first = "You choose <<A>>. This leads to state 1. In state 1, you choose <<C>>. You receive a reward.\n"
    other = "You choose <<B>>. This leads to state 2. In state 2, you choose <<D>>. You receive no reward.\n"
    gillan = "You select fractal <<A>>. You end up in the red state. You select <<C>>. You get a coin.\n"
    castro = (
        "Welcome to Session 1.\nYou press the arrow key for <<up>>. \nThe left circle lights up. \n"
        "You press the arrow key for <<left>>. You received a coin.\n"
    )
    people = [
        {
            "text": "over 4 trials\n" + (first + other) * 2 + "You are now back\n" + first,
            "participant": "1",
            "RTs": [400] * 10,
        },
        {"text": gillan * 3 + gillan.replace("<<A>>", "<<B>>").replace("red", "blue"), "participant": 2},
        {"text": castro * 3 + castro.replace("up", "down").replace("left", "right"), "participant": "x"},
    ]
    lines = [json.dumps(person) for person in people]
    return [*(line.encode() for line in lines), "\n".join(lines[:1] * 2).encode()]


def psych_zip() -> list[bytes]:
    made = []
    for inner in psych()[:2]:
        file = io.BytesIO()
        with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
            archive.writestr("prompts.jsonl", inner)
        made.append(file.getvalue())
    return made


def bids() -> list[bytes]:
    lines = ["onset\tduration\tresponse_time\ttrial\tevent\tchoice1\tstate\treward"]
    for n in range(8):
        lines += [f"{n}\t.5\t0.4\t{n}\tstim1\tn/a\tn/a\tn/a", f"{n}.1\t.1\tn/a\t{n}\tchoice1\t{n % 2}\tn/a\tn/a"]
        lines += [
            f"{n}.2\t.5\t0.5\t{n}\tstim2\tn/a\t{n // 2 % 2}\tn/a",
            f"{n}.3\t.5\tn/a\t{n}\toutcome\tn/a\tn/a\t{n % 2}",
        ]
    return [
        "\n".join(lines).encode(),
        "\n".join(lines).replace("\ttrial\t", "\tother\t").encode(),
        (FILES / "22_bids_na.tsv").read_bytes(),
    ]


def gillan() -> list[bytes]:
    lines = ["AgeDropdown,33", "s7,INSTRUCT,screen_1,6027", "", "instructionLoop"]
    for n in range(8):
        lines.append(
            f"{n + 1},0.5,0.4,0.6,0.3,{('left', 'right')[n % 2]},{n % 2 + 1},400,true,left,"
            f"{n % 2 + 1},{n % 2 + 2},500,{n % 2},1"
        )
    return ["\n".join([*lines, "9,0.5,0.4,0.6,0.3,-1,2,2500,-1,-1,-1,-1,-1,-1,1"]).encode()]


def akam() -> list[bytes]:
    lines = ["", "Start Reward Block: 0  / Start Transition Block: 1", ""]
    for n in range(8):
        lines += [
            f"{n}000.5 :trial-{n + 1}/RewardBlock:1/TransitionBlock:{n // 4}",
            f"{n}010.5 :ons_ms1",
            f"{n}310.5 :triggered {('Up', 'Down')[n % 2]}",
        ]
        lines += [
            f"{n}400.5 :ons_ms2",
            f"{n}700 :triggered {('Left', 'Right')[n // 2 % 2]}",
            f"{n}900 :{('ons_msReward', 'ons_msNoRwrd')[n % 2]}",
        ]
    return ["\n".join(lines).encode()]


def matlab() -> list[bytes]:
    half = np.arange(8) % 2
    cbm = {"choice1": half + 1, "transit": half + 1, "state2": half + 2, "choice2": half + 1, "outcome": 2 - half}
    kool = {
        "choice1": half + 1,
        "choice2": half + 1,
        "state2": half + 1,
        "common": half,
        "rt1": half + 400,
        "rt2": half + 400,
    }
    kool |= {"win": half, "missed": half * 0, "practice": half * 0, "N": 8}
    people = np.empty((2, 1), object)
    people[0, 0] = people[1, 0] = {name: value[:, None].astype("uint8") for name, value in cbm.items()}
    own = {"study": {"people": [{"choice": half, "state": half, "reward": half, "name": "x"}] * 2, "note": "x"}}
    made = []
    for held in (
        {"data": people},
        {"groupdata": {"subdata": [kool, kool], "id": ["a", "b"]}},
        own,
        {"data": np.ones((4, 6))},
    ):
        for packed in (False, True):
            file = io.BytesIO()
            savemat(file, held, do_compression=packed)
            made.append(file.getvalue())
    file = io.BytesIO()
    savemat(file, {"choice": half, "state": half, "reward": half}, format="4")
    return [
        *made,
        file.getvalue(),
        (b"MATLAB 7.3 MAT-file".ljust(124) + b"\x00\x02IM").ljust(512, b"\0") + b"\x89HDF\r\n\x1a\n",
    ]


def posted() -> list[bytes]:
    trials = [
        {
            "kind": "trial",
            "practice": False,
            "index": n,
            "choices": [n % 2],
            "sides": [0],
            "rts_ms": [400.5],
            "state": n // 2 % 2,
            "reward": n % 2,
            "missed": 0,
        }
        for n in range(6)
    ]
    daw = [{**trial, "choices": [trial["choices"][0], 1], "rts_ms": [400, 500]} for trial in trials]
    lines = [{"kind": "session", "session": "a"}, *trials]
    return [
        "\n".join(map(json.dumps, lines)).encode(),
        json.dumps({"session": "b", "records": daw}).encode(),
        "\n".join(json.dumps({"session": name, "records": daw}) for name in "ab").encode(),
    ]


SCHEMA = """
CREATE TABLE study (id INTEGER PRIMARY KEY, record TEXT NOT NULL);
CREATE TABLE sessions (number INTEGER PRIMARY KEY, better TEXT NOT NULL);
CREATE TABLE trials (
    session INTEGER NOT NULL, practice BOOLEAN NOT NULL, trial INTEGER NOT NULL, choice INTEGER, choice2 INTEGER,
    rt FLOAT, rt2 FLOAT, state INTEGER, reward INTEGER, missed INTEGER NOT NULL,
    PRIMARY KEY (session, practice, trial)
);
"""
"""Of the tables of `prefrontal.play.tables`, what the reader reads."""


def people() -> list[bytes]:
    made = []
    for task in ("two-step", "daw"):
        connection = sqlite3.connect(":memory:")
        connection.executescript(SCHEMA)
        connection.execute("INSERT INTO study VALUES (1, ?)", [json.dumps({"task": task, "trials": 8})])
        for session in (1, 2):
            connection.execute("INSERT INTO sessions VALUES (?, ?)", [session, json.dumps([0, 1] * 4)])
            for n in range(8):
                second = (n % 2, 0.5) if task == "daw" else (None, None)
                row = (session, 0, n, n % 2, second[0], 0.4, second[1], n // 2 % 2, n % 2, 0)
                connection.execute(f"INSERT INTO trials VALUES ({', '.join('?' * len(row))})", row)
        connection.commit()
        made.append(connection.serialize())
        connection.close()
    return made


def mindrl() -> list[bytes]:
    trials = [{"trial_index": n, "action": n % 4 + 1, "reward": 40 + n, "info": {"rt": 500.5}} for n in range(4)]
    trials.append({"trial_index": 9, "action": None, "reward": None})
    lines = [
        {"context": {"subject_id": name, "metadata": {"block_id": 1}}, "trials": trials} for name in ("ann", "bob")
    ]
    return ["\n".join(map(json.dumps, lines)).encode()]


def kept() -> list[bytes]:
    return [
        b'# how it is read\nsubject = "ppt"\nchoice = "resp"\nrt = "ms"\nrt_unit = "ms"\n'
        b'reward_above = 0.5\nmapping = "all"\nvoid = ["-1"]\n'
        b'\n[values]\nchoice = ["left", "right"]\n\n[rows]\nscreen = ["choice"]\n\n[void_in]\nchoice = ["0"]\n',
    ]


def spec() -> list[bytes]:
    return [
        b'experiments = ["wang2018-two-step"]\nseeds = 8\nout = "runs/x"\n[train]\n'
        b'num_episodes = 400\n[grid]\n"train.discount" = [0.8, 0.9]\n'
        b'[[list]]\n"agent.hidden_size" = 8\n[resources]\ncores = 2\nseeds = 4\n',
        b'experiments = ["wang2018-two-step"]\nseeds = [0, 3]\nbest = "reward"\n[random]\nnum = 3\nseed = 1\n'
        b'"train.learning_rate" = {low = 1e-4, high = 1e-2, log = true}\n'
        b'"agent.hidden_size" = {choices = [8, 16]}\n[slurm]\npartition = "x"\n',
    ]


def settings() -> list[bytes]:
    return [
        b'experiment = "wang2018-two-step"\nrecipe = "robust"\nseeds = [0, 1]\n[task]\n'
        b"num_trials = 20\n[agent]\nhidden_size = 8\n"
        b"[train]\ndiscount = 0.8\nlearning_rate = 1e-3\n[test]\nnum_episodes = 10\n"
    ]


def study() -> list[bytes]:
    return [
        b'task = "daw"\ntitle = "x"\ntrials = 40\npractice = 5\nfirst_ms = 2000\nseed = 1\n'
        b'completion_url = "https://example.org"\n'
        b'[bonus]\ncurrency = "x"\nper_reward = 0.02\n[settings]\ncommon_probability = 0.7\n'
    ]


def record(**more: Any) -> bytes:
    config = find_experiment("wang2018-two-step").config
    parts = {name: asdict(getattr(config, name)) for name in ("task", "agent", "train")}
    return to_json({"experiment": "wang2018-two-step", "config": parts, **more}).encode()


def results() -> list[bytes]:
    held = json.loads(record(seeds=[0, 1], verdicts=[{"name": "a", "value": 1.5}], networks={"from": "run"}))
    return [to_json(held).encode()]


def safetensors() -> list[bytes]:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "x")
        arrays = {"kernel": np.ones((3, 2), np.float32), "count": np.int32(4), "there": np.array([True, False])}
        write_arrays(path, arrays, {"experiment": "x", "config": {"a": 1}, "seed": 0, "facts": {"episodes": 3}})
        own = path.read_bytes()
    return [own, save({"a": np.ones(3, np.float64)}), save({"a": np.ones(3, np.float16)}, {"who": "else"})]


@cache
def checkpoint() -> tuple[bytes, bytes]:
    with tempfile.TemporaryDirectory() as folder:
        arrays = {name: value for name, value in tf1_files.network().items() if name.startswith("global")}
        path = tf1_files.write_checkpoint(Path(folder, "model"), arrays)
        return path.with_name("model.index").read_bytes(), path.with_name("model.data-00000-of-00001").read_bytes()


def policy() -> list[bytes]:
    facts = {
        "num_actions": 2,
        "observation_size": 3,
        "hidden_size": 2,
        "cell": "LSTM",
        "first_previous_action": "none",
        "time_input": "none",
    }
    arrays = {
        "kernel": np.ones((8, 8)),
        "bias": np.ones(8),
        "policy": np.ones((2, 2)),
        "value": np.ones(2),
        "facts": np.array(json.dumps(facts)),
    }
    made = []
    for write in (np.savez, np.savez_compressed):
        file = io.BytesIO()
        write(file, **arrays)
        made.append(file.getvalue())
    return made


def learning() -> list[bytes]:
    return [b"variant,seed,episode,reward\n" + b"".join(b"a,%d,%d,0.5\n" % (n % 2, n) for n in range(8))]
