"""A cluster of SLURM on this machine: its own controller and one node, from the distribution's packages."""

import getpass
import os
import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

CONFIG = """
ClusterName=here
SlurmctldHost={host}
SlurmUser={user}
SlurmdUser={user}
AuthType=auth/none
CredType=cred/none
AuthInfo=cred_expire=10
SlurmctldPort={ports[0]}
SlurmdPort={ports[1]}
StateSaveLocation={folder}/state
SlurmdSpoolDir={folder}/spool
SlurmctldPidFile={folder}/slurmctld.pid
SlurmdPidFile={folder}/slurmd.pid
SlurmctldLogFile={folder}/slurmctld.log
SlurmdLogFile={folder}/slurmd.log
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
MpiDefault=none
ReturnToService=2
SelectType=select/cons_tres
SelectTypeParameters=CR_CPU
SchedulerParameters=sched_interval=1,bf_interval=1,requeue_delay=0
SlurmdParameters=config_overrides
PreemptType=preempt/partition_prio
PreemptMode=REQUEUE
KillWait=20
InactiveLimit=0
NodeName={host} CPUs={cpus} State=UNKNOWN
PartitionName=low Nodes={host} Default=YES MaxTime=INFINITE State=UP PriorityTier=1 PreemptMode=REQUEUE GraceTime=20
PartitionName=high Nodes={host} MaxTime=INFINITE State=UP PriorityTier=10 PreemptMode=OFF
"""


def is_there() -> str:
    """Why there can be no cluster; empty where there can."""
    missing = [name for name in ("slurmctld", "slurmd", "sbatch") if shutil.which(name) is None]
    if missing:
        return f"SLURM is not installed: {', '.join(missing)} (apt-get install slurm-wlm)"
    return "" if os.geteuid() == 0 else "a node of SLURM is started by root alone"


@contextmanager
def slurm(folder: Path, cpus: int = 2) -> Iterator[None]:
    """Within it, sbatch and the others speak to a cluster of this machine alone."""
    ports = []
    for _ in range(2):
        with socket.socket() as free:
            free.bind(("", 0))
            ports.append(free.getsockname()[1])
    for name in ("state", "spool"):
        (folder / name).mkdir()
    host = socket.gethostname().partition(".")[0]
    file = folder / "slurm.conf"
    file.write_text(CONFIG.format(host=host, user=getpass.getuser(), ports=ports, folder=folder, cpus=cpus))
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SLURM_CONF", str(file))
        daemons = []
        try:
            for arguments in (["slurmctld", "-D", "-c"], ["slurmd", "-D", "-N", host]):
                daemons.append(subprocess.Popen([*arguments, "-f", str(file)], stderr=subprocess.DEVNULL))
            deadline = time.monotonic() + 60
            while "idle" not in told("sinfo", "--noheader", "--format=%T"):
                assert time.monotonic() < deadline, (folder / "slurmctld.log").read_text()[-2000:]
                time.sleep(0.5)
            yield
        finally:
            told("scancel", "--full", "--state=RUNNING")
            told("scancel", "--state=PENDING")
            for daemon in reversed(daemons):
                daemon.send_signal(signal.SIGTERM)
            for daemon in daemons:
                daemon.wait()


def told(*command: str) -> str:
    """What a command of SLURM says."""
    return subprocess.run(command, capture_output=True, text=True, check=False).stdout
