"""Sweeps whose machines, workers and drivers are killed: do they end with the same files as one left alone?

    python benchmarks/killed_sweeps.py nodes     two nodes of Ray: one killed, a unit out of memory, the driver
    python benchmarks/killed_sweeps.py driver    the driver killed at ten random moments; --backend local or ray
    python benchmarks/killed_sweeps.py overhead  how much of the time is training
    python benchmarks/killed_sweeps.py many      two thousand tiny units: the driver's memory, and the time of each

It prints what it found, as JSON. Linux; `nodes` and --backend ray need prefrontal[cluster].
"""

import argparse
import contextlib
import hashlib
import json
import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from prefrontal.runs.attempts import attempts
from prefrontal.runs.stores import open_store
from prefrontal.sweeps.spec import Spec, read_spec
from prefrontal.sweeps.standing import standings

SPEC = """
experiments = ["wang2018-two-step"]
seeds = 4
[task]
num_trials = 10
encoding = "trial"
[agent]
hidden_size = 8
[train]
num_episodes = {episodes}
unroll = "none"
[test]
num_episodes = 10
[grid]
"train.discount" = {discounts}
[resources]
seeds = {block}
cores = 1
"""
DISCOUNTS = [0.8, 0.85, 0.9, 0.95]


def write_spec(folder: Path, *, discounts: Sequence[float] = DISCOUNTS, episodes: int, block: int = 4) -> Path:
    """A sweep of tiny networks, `episodes` long each."""
    file = folder / "sweep.toml"
    file.write_text(SPEC.format(episodes=episodes, discounts=list(discounts), block=block))
    return file


def command(spec: Path, out: Path, *options: str) -> subprocess.Popen[bytes]:
    """The driver, as a process."""
    arguments = ["sweep", str(spec), "--out", str(out), *options]
    code = f"from prefrontal.cli import main; main({arguments!r})"
    return subprocess.Popen([sys.executable, "-c", code], cwd=spec.parent, start_new_session=True)


def finish(spec: Path, out: Path, *options: str) -> float:
    """Run a sweep to its end; how long it took, in seconds."""
    began = time.monotonic()
    code = command(spec, out, *options).wait()
    assert code == 0, f"the sweep ended with {code}"
    return time.monotonic() - began


def digests(out: Path) -> dict[str, str]:
    """Every file of weights and the table, by its checksum."""
    files = [*out.rglob("weights.safetensors"), *out.rglob("metrics.safetensors"), *out.glob("seeds.csv")]
    return {str(file.relative_to(out)): hashlib.sha256(file.read_bytes()).hexdigest() for file in sorted(files)}


def account(spec: Spec, out: Path) -> dict[str, Any]:
    """How the attempts at all units ended, and whether each was done once."""
    store = open_store(out)
    each = [[one.end for one in attempts(store, unit.name)] for unit in spec.units]
    ends = [end for of_unit in each for end in of_unit]
    return {
        "units": len(spec.units),
        "done": sum(one.state == "done" for one in standings(store, spec.units)),
        "completed more than once": sum(of_unit.count("done") > 1 for of_unit in each),
        "attempts": {end: ends.count(end) for end in sorted(set(ends))},
    }


def running(spec: Spec, out: Path, share: float = 0.0) -> list[tuple[str, int]]:
    """The units under way that have come so far, and the processes that are at them."""
    found = standings(open_store(out), spec.units)
    return [
        (one.unit.name, int(one.last.owner["process"]))
        for one in found
        if one.state == "running" and one.last and "process" in one.last.owner and has_saved(out / one.unit.name)
    ]


def has_saved(unit: Path) -> bool:
    """Whether a training state lies in its folder."""
    return any(unit.rglob("state.safetensors"))


def wait_until(condition: Callable[[], Any], driver: subprocess.Popen[bytes], seconds: float = 240.0) -> Any:
    """What `condition` says, once it is true."""
    deadline = time.monotonic() + seconds
    while not (found := condition()):
        assert driver.poll() is None, "the sweep ended before it was to be ended"
        assert time.monotonic() < deadline, "waited for too long"
        time.sleep(0.2)
    return found


def starve(process: int) -> str:
    """Have the kernel kill a process for want of memory; or kill it so, where its memory cannot be limited."""
    group = Path("/sys/fs/cgroup/memory") / f"prefrontal-{process}"
    try:
        group.mkdir()
        (group / "cgroup.procs").write_text(str(process))
        (group / "memory.force_empty").write_text("0")
        (group / "memory.limit_in_bytes").write_text(str(2**20))
    except OSError:
        with contextlib.suppress(ProcessLookupError):
            os.kill(process, signal.SIGKILL)
            return "by signal 9, as the kernel does it"
    for _ in range(100):
        if not Path(f"/proc/{process}").exists():
            return "by the kernel, out of the memory of its control group"
        time.sleep(0.1)
    os.kill(process, signal.SIGKILL)
    return "by signal 9: its control group could not be made small enough"


def nodes(folder: Path, episodes: int) -> dict[str, Any]:
    """Two nodes, one killed; the driver killed, and started again; a unit killed by memory."""
    from ray.cluster_utils import Cluster

    file = write_spec(folder, episodes=episodes)
    alone, killed = folder / "alone", folder / "killed"
    seconds = finish(file, alone, "--workers", "1")
    spec = read_spec(file, str(killed))
    cluster = Cluster(initialize_head=True, head_node_args={"num_cpus": 0})
    there = [cluster.add_node(num_cpus=1) for _ in range(2)]
    options = ("--backend", "ray", "--address", cluster.address)
    began, told = time.monotonic(), {}
    driver = command(file, killed, *options)
    name, process = wait_until(lambda: running(spec, killed), driver)[0]
    told["memory"] = f"{name} {starve(process)}"
    wait_until(lambda: len(running(spec, killed)) == 2, driver)
    cluster.remove_node(there[0], allow_graceful=False)
    told["node"] = "one of two killed, while both had a unit"
    cluster.add_node(num_cpus=1)
    wait_until(lambda: running(spec, killed), driver)
    driver.kill()
    driver.wait()
    told["driver"] = "killed by signal 9, and started again"
    finish(file, killed, *options)
    told["seconds"] = {"alone, one worker": round(seconds, 1), "killed": round(time.monotonic() - began, 1)}
    cluster.shutdown()
    same = digests(alone) == digests(killed)
    return {**told, **account(spec, killed), "files compared": len(digests(alone)), "the same, byte for byte": same}


def driver(folder: Path, episodes: int, backend: str, kills: int = 10, seed: int = 0) -> dict[str, Any]:
    """The driver is killed at random moments, and started again each time."""
    file = write_spec(folder, episodes=episodes)
    alone, killed = folder / "alone", folder / "killed"
    seconds = finish(file, alone, "--workers", "1")
    rng = random.Random(seed)
    spec, moments = read_spec(file, str(killed)), []
    options = ("--backend", backend, "--workers", "2")
    for _ in range(kills):
        process, moment = command(file, killed, *options), rng.uniform(0.5, max(15.0, seconds / 2))
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(moment)
        is_alive = process.poll() is None
        process.kill()
        process.wait()
        moments.append((round(moment, 1), "killed" if is_alive else "had ended"))
    finish(file, killed, *options)
    same = digests(alone) == digests(killed)
    return {"kills": moments, **account(spec, killed), "the same, byte for byte": same}


def overhead(folder: Path, episodes: int, backend: str) -> dict[str, Any]:
    """Eight units, two at once: how much of the time of two workers is training, from the first episode to the last."""
    file = write_spec(folder, discounts=[round(0.55 + 0.05 * place, 2) for place in range(8)], episodes=episodes)
    out = folder / "out"
    seconds = finish(file, out, "--backend", backend, "--workers", "2")
    found = standings(open_store(out), read_spec(file, str(out)).units)
    trained = [float(one.result["training_seconds"]) for one in found]
    return {
        "backend": backend,
        "units": len(found),
        "seconds, the whole sweep": round(seconds, 1),
        "seconds of a unit": [round(one.seconds, 1) for one in found],
        "of which training": [round(one, 1) for one in trained],
        "share of training in units": round(sum(trained) / sum(one.seconds for one in found), 3),
        "share of training in all": round(sum(trained) / (2 * seconds), 3),
    }


def many(folder: Path, num: int, backend: str) -> dict[str, Any]:
    """Very many units of next to nothing."""
    discounts = [round(0.5 + 0.4 * place / num, 6) for place in range(num)]
    file = write_spec(folder, discounts=discounts, episodes=20)
    process, peak, began = command(file, folder / "out", "--backend", backend), 0, time.monotonic()
    memory, own = [], 0.0
    while process.poll() is None:
        with contextlib.suppress(OSError):
            status = Path(f"/proc/{process.pid}/status").read_text()
            memory.append(int(status.partition("VmRSS:")[2].split()[0]) / 1024)
            peak = max(peak, memory[-1])
            fields = Path(f"/proc/{process.pid}/stat").read_text().rpartition(")")[2].split()
            own = (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
        time.sleep(0.5)
    seconds = time.monotonic() - began
    return {
        "backend": backend,
        **account(read_spec(file, str(folder / "out")), folder / "out"),
        "seconds a unit, all": round(seconds / num, 3),
        "seconds a unit, of the driver's processor": round(own / num, 4),
        "driver's memory, MB": {"after a fifth": round(memory[len(memory) // 5]), "at most": round(peak)},
    }


def main() -> None:
    """Run one of them."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("what", choices=["nodes", "driver", "overhead", "many"])
    parser.add_argument("folder", type=Path, help="a new folder, for all that is trained")
    parser.add_argument("--backend", choices=["local", "ray"], default="local")
    parser.add_argument("--episodes", type=int, default=100_000, help="of each training")
    parser.add_argument("--num", type=int, default=2_000, help="units of `many`")
    asked = parser.parse_args()
    asked.folder.mkdir(parents=True)
    folder = asked.folder.resolve()
    found = {
        "nodes": lambda: nodes(folder, asked.episodes),
        "driver": lambda: driver(folder, asked.episodes, asked.backend),
        "overhead": lambda: overhead(folder, asked.episodes, asked.backend),
        "many": lambda: many(folder, asked.num, asked.backend),
    }[asked.what]()
    print(json.dumps(found, indent=2))


if __name__ == "__main__":
    main()
