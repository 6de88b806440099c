"""Real processes of real commands, ended by real signals at random moments, started again until they are done.

SIGKILL, SIGTERM, SIGHUP, SIGINT, and SIGINT twice, by turns. A command that is asked to stop says so in its own words;
what it leaves at its end, however often it was ended, are the files of an undisturbed one. `play` is ended while
people answer: what they were told is stored must be (benchmarks/play_under_strain.py).
"""

import asyncio
import contextlib
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path
from unittest import mock

import play_under_strain
from saving import difference, digests

from campaign.frame import Row, Setting, main
from campaign.works import SWEEP
from prefrontal.trials.example import example_table

TINY = "--task.num-trials 5 --task.encoding trial --agent.hidden-size 3 --train.unroll 5 --train.num-episodes 2000"
COMMANDS = {
    "train": f"train wang2018-two-step {TINY} --seeds 0 1 --snapshot-every 500 --out out",
    "reproduce": f"reproduce wang2018-two-step {TINY} --seeds 0 --test.num-episodes 10 --out out",
    "fit": "fit people.csv --models win-stay-lose-shift biased-random --num-starts 4 --num-simulations 0 --out out",
    "sweep": "sweep sweep.toml --workers 1 --out out",
}
SIGNALS = {"train": 60, "reproduce": 25, "fit": 25, "sweep": 15}
KILLS_OF_PLAY = 25
A_SWEEP = SWEEP.replace("num_episodes = 150", "num_episodes = 2000")
KINDS = (
    (signal.SIGKILL,),
    (signal.SIGTERM,),
    (signal.SIGHUP,),
    (signal.SIGINT,),
    (signal.SIGINT, signal.SIGINT),
)
# Saved in every chunk of fifty episodes, and fitted four people at once: a moment at random is then one of saving.
PROGRAM = """
import sys
from prefrontal.fitting import search
from prefrontal.learning import group, jobs
group.STEPS_PER_CHUNK = 5
search.LANES = 16
jobs.train_jobs.__kwdefaults__["seconds_between_saves"] = 0.0
from prefrontal.cli import main
main(sys.argv[1:])
"""
OF_A_SWEEP = "from prefrontal.cli import main; import sys; main(sys.argv[1:])"


def run(setting: Setting) -> Iterator[Row]:
    """Real processes are ended by real signals."""
    for name, words in COMMANDS.items():
        yield _ended(name, words.split(), setting)
    yield _play(setting)


def _start(name: str, words: Sequence[str], folder: Path) -> subprocess.Popen[str]:
    program = OF_A_SWEEP if name == "sweep" else PROGRAM
    return subprocess.Popen(
        [sys.executable, "-c", program, *words],
        cwd=folder,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )


def _finish(name: str, words: Sequence[str], folder: Path) -> float:
    began = time.monotonic()
    process = _start(name, words, folder)
    _, said = process.communicate()
    if process.returncode:
        raise RuntimeError(f"exit code {process.returncode}: {said[-300:]}")
    return time.monotonic() - began


def _prepared(folder: Path) -> Path:
    folder.mkdir()
    (folder / "sweep.toml").write_text(A_SWEEP)
    (folder / "people.csv").write_text(example_table())
    return folder


def _ended(name: str, words: Sequence[str], setting: Setting) -> Row:
    rng, failed, ended, how = setting.rng(name), list[str](), 0, Counter[str]()
    alone = _prepared(setting.folder / f"{name}-alone")
    _finish(name, words, alone)  # compiles
    expected = digests(alone / "out")
    again = _prepared(setting.folder / f"{name}-again")
    seconds, runs = _finish(name, words, again), 0
    wanted = setting.size(SIGNALS[name])
    while ended < wanted and runs < 4 * wanted:  # commands that are done before their signal end it, too
        folder, runs = _prepared(setting.folder / f"{name}-{runs}"), runs + 1
        is_done = False
        for _ in range(8):
            process = _start(name, words, folder)
            kind = KINDS[ended % len(KINDS)]
            with contextlib.suppress(subprocess.TimeoutExpired):
                process.wait(rng.uniform(0.2, 1.0) * seconds)
            if process.poll() is not None:
                process.communicate()
                is_done = process.returncode == 0
                break
            for number in kind:
                with contextlib.suppress(ProcessLookupError):
                    process.send_signal(number)
                time.sleep(0.05)
            _, said = process.communicate()
            is_done = process.returncode == 0
            ended += 1
            how[_how(process.returncode, said)] += 1
            if "Traceback" in said and "prefrontal/cli.py" in said and "KeyboardInterrupt" not in said:
                failed.append(f"{name}, {[one.name for one in kind]}: {said[-200:]}")
            if is_done:
                break
        try:
            if not is_done:
                _finish(name, words, folder)
            if wrong := difference(digests(folder / "out"), expected):
                failed.append(f"{name}, run {runs}: {wrong}")
        except (RuntimeError, OSError) as error:
            failed.append(f"{name}, run {runs}: {error}")
    told = f"{runs} runs; " + ", ".join(f"{number} {what}" for what, number in how.most_common())
    return Row(f"{name}: real signals at random moments", ended, len(failed), "nothing", told, tuple(failed))


def _how(code: int, said: str) -> str:
    if code < 0:
        return f"died of {signal.Signals(-code).name}"
    if "Stopped" in said:
        return "stopped in its own words"
    return "had ended" if code == 0 else "ended before the command began"


def _play(setting: Setting) -> Row:
    rng, kills, sent = setting.rng("play"), setting.size(KILLS_OF_PLAY, least=2), Counter[str]()

    def end(server: play_under_strain.Server) -> None:
        number = rng.choice([signal.SIGKILL, signal.SIGKILL, signal.SIGTERM, signal.SIGHUP, signal.SIGINT])
        sent[number.name] += 1
        server.process.send_signal(number)
        server.process.wait()
        server.process = server._start()

    folder = setting.folder / "play"
    folder.mkdir()
    with mock.patch.object(play_under_strain.Server, "kill", end):
        found = asyncio.run(play_under_strain.killed(folder, None, participants=8, trials=40 + 15 * kills, kills=kills))
    lost = found["lost"] + found["changed or doubled"]
    stored = sum(sum(line.get(name, 0) for name in ("doubled", "abandoned")) for line in found["sessions"])
    told = f"8 people at {40 + 15 * kills} trials each; {stored} posts sent again or abandoned; {dict(sent)}"
    return Row("play: the server is ended while people answer", kills, lost, f"{found['lost']} trials", told)


if __name__ == "__main__":
    main(run)
