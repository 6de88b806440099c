"""`prefrontal import-tf1`: networks of mtrazzi/two-step-task as weights of ours."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import tyro

from prefrontal.commands.options import read_options
from prefrontal.commands.written import check_file
from prefrontal.errors import counted
from prefrontal.interop.tf1_agents import VARIABLES, import_tf1, write_imported

DESCRIPTION = """\
Read a network that mtrazzi/two-step-task saved with TensorFlow 1, and write its
weights as safetensors."""


@dataclass(frozen=True)
class ImportOptions:
    """Read a network that mtrazzi/two-step-task saved with TensorFlow 1, and write its weights as safetensors."""

    path: Annotated[tyro.conf.Positional[Path], tyro.conf.arg(metavar="CHECKPOINT")]
    """Its name (model-20000.cptk), one of its files, or the folder it is in."""
    out: Path
    """File to write, such as weights.safetensors. One that exists is left as it is."""


def run(command: str, arguments: Sequence[str]) -> None:
    """Read the checkpoint that the first argument names, and say what was found."""
    options: ImportOptions = read_options(
        ImportOptions, arguments, program=f"prefrontal {command}", description=DESCRIPTION
    )
    check_file(options.out, name="--out", remedy="Give another, or move it away.")
    imported = import_tf1(options.path)
    write_imported(imported, options.out)
    trained = "" if imported.episodes is None else f", trained for {counted(imported.episodes, 'episode')}"
    print(f"Read: {imported.path}{trained}")
    for name, shape in VARIABLES.items():
        print(f"  {name} {list(shape)}")
    print(f"Left alone: {len(imported.left)} others (a worker's copy, the optimiser's memory)")
    print(f"Written: {options.out}")
    print(f"Test it: prefrontal evaluate reference-final --weights {options.out}", flush=True)
