"""Real processes of real commands, ended by real signals at random moments, started again until they are done.

SIGKILL, SIGTERM, SIGHUP, SIGINT, and SIGINT twice, by turns, each when the command has written its first file, and a
random time later. A command that is asked to stop says so in its own words; what it leaves at its end, however often it
was ended, are the files of an undisturbed one. `play` is ended while people answer: what they were told is stored must
be (benchmarks/play_under_strain.py).
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
from prefrontal.runs.seed_folder import PREVIOUS_STATE
from prefrontal.trials.example import example_table

TINY = "--task.num-trials 5 --task.encoding trial --agent.hidden-size 3 --train.unroll 5 --train.num-episodes 2000"
COMMANDS = {
    "train": f"train wang2018-two-step {TINY} --seeds 0 1 --snapshot-every 500 --out out",
    "reproduce": f"reproduce wang2018-two-step {TINY} --seeds 0 --test.num-episodes 10 --out out",
    "fit": "fit people.csv --models win-stay-lose-shift biased-random --num-starts 4 --num-simulations 0 --out out",
    "sweep": "sweep sweep.toml --workers 1 --out out",
}
SIGNALS = {"train": 50, "reproduce": 30, "fit": 30, "sweep": 25}
KILLS_OF_PLAY = 25
MOST_LIVES, SHARE_OF_A_LIFE = 8, 0.4
"""A command is started again so often at most, and lives for so much of the time that it takes, at most."""
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
    _heed_signals()
    for name, words in COMMANDS.items():
        yield _ended(name, words.split(), setting)
    yield _play(setting)


def _heed_signals() -> None:
    """Have the processes that are started from here heed what a shell lets those in its background ignore."""
    for number in (signal.SIGINT, signal.SIGHUP):
        if signal.getsignal(number) is signal.SIG_IGN:
            signal.signal(number, signal.SIG_DFL)


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
    """The command to its end; for how many seconds it worked, after it had begun to."""
    process = _start(name, words, folder)
    since = _worked(process, folder, time.time())
    _, said = process.communicate()
    if process.returncode:
        raise RuntimeError(f"exit code {process.returncode}: {said[-300:]}")
    return time.monotonic() - since


def _worked(process: subprocess.Popen[str], folder: Path, started: float) -> float:
    """Wait until the command writes its first file, or ends: the moment."""
    while process.poll() is None:
        with contextlib.suppress(OSError):  # files go while one looks
            if any(path.stat().st_mtime >= started for path in (folder / "out").rglob("*")):
                break
        time.sleep(0.01)
    return time.monotonic()


def _left(name: str, folder: Path) -> dict[str, str]:
    """What a command leaves. A sweep saves every ten seconds, as users have it: whether there is a state before the
    last one is a matter of time."""
    found = digests(folder / "out")
    return {file: held for file, held in found.items() if name != "sweep" or not file.endswith(PREVIOUS_STATE)}


def _prepared(folder: Path) -> Path:
    folder.mkdir()
    (folder / "sweep.toml").write_text(A_SWEEP)
    (folder / "people.csv").write_text(example_table())
    return folder


def _ended(name: str, words: Sequence[str], setting: Setting) -> Row:
    rng, failed, ended, how = setting.rng(name), list[str](), 0, Counter[str]()
    alone = _prepared(setting.folder / f"{name}-alone")
    _finish(name, words, alone)  # compiles
    expected = _left(name, alone)
    again = _prepared(setting.folder / f"{name}-again")
    seconds, runs = _finish(name, words, again), 0
    wanted = setting.size(SIGNALS[name])
    while ended < wanted and runs < wanted:
        folder, runs = _prepared(setting.folder / f"{name}-{runs}"), runs + 1
        for _ in range(MOST_LIVES):
            kind = KINDS[ended % len(KINDS)]
            code, said = _signalled(name, words, folder, kind, rng.uniform(0.0, SHARE_OF_A_LIFE) * seconds)
            if said is not None:
                ended += 1
                how[_how(code, said)] += 1
                if "Traceback" in said and "prefrontal/cli.py" in said and "KeyboardInterrupt" not in said:
                    failed.append(f"{name}, {[one.name for one in kind]}: {said[-200:]}")
            elif code:
                failed.append(f"{name}, run {runs}: ended by itself with code {code}")
            if code == 0 or ended >= wanted:
                break
        try:
            if code:
                _finish(name, words, folder)
            if wrong := difference(_left(name, folder), expected):
                failed.append(f"{name}, run {runs}: {wrong}")
        except (RuntimeError, OSError) as error:
            failed.append(f"{name}, run {runs}: {error}")
    told = f"{runs} runs of {seconds:.0f} s of work; " + ", ".join(f"{num} {what}" for what, num in how.most_common())
    return Row(f"{name}: real signals at random moments", ended, len(failed), "nothing", told, tuple(failed))


def _signalled(
    name: str, words: Sequence[str], folder: Path, kind: Sequence[signal.Signals], after: float
) -> tuple[int, str | None]:
    """Start the command, and end it by signals when it has worked for `after` seconds: its exit code, and what it said;
    None where it was done before."""
    process = _start(name, words, folder)
    _worked(process, folder, time.time())
    with contextlib.suppress(subprocess.TimeoutExpired):
        process.wait(after)
    is_done = process.poll() is not None
    for number in () if is_done else kind:
        with contextlib.suppress(ProcessLookupError):
            process.send_signal(number)
        time.sleep(0.05)
    _, said = process.communicate()
    return process.returncode, None if is_done else said


def _how(code: int, said: str) -> str:
    if code < 0:
        return f"died of {signal.Signals(-code).name}"
    if code == 0:
        return "was done all the same"
    return "stopped in its own words" if "Stopped" in said else f"ended with code {code}"


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
