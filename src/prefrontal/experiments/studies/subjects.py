"""Where the agents of a test come from, and what is done to them while they are tested."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any, Literal

from prefrontal.configs import InterventionConfig
from prefrontal.runs.folder import RunFolder
from prefrontal.runs.moments import Moment
from prefrontal.runs.provenance import config_hash

Source = Literal["run", "package", "file", "caller"]
"""What networks are of: a run, the package, a file of weights, or whoever called the analysis from Python."""


@dataclass(frozen=True)
class Subjects:
    """What an analysis is told about the agents that it is given."""

    source: Source = "caller"
    trainer: str = ""
    """The experiment that trained them."""
    runs: Mapping[str, RunFolder] = field(default_factory=dict)
    """The runs that they are from, by variant. None where they are from no run."""
    weights: Mapping[str, Any] | None = None
    """The file that they are from, where it is one."""
    intervention: InterventionConfig | None = None
    """What is done to them. None: nothing."""
    at: Moment = "last"
    """The moment of their training that they are taken from."""

    @property
    def run(self) -> RunFolder | None:
        """The run of an experiment with one set of networks."""
        return self.runs.get("")

    @property
    def entries(self) -> dict[str, Any]:
        """What `results.json` says of them."""
        entries: dict[str, Any] = {"networks": {"from": self.source, "trained_by": self.trainer}}
        if self.weights is not None:
            entries["weights"] = self.weights
        if self.intervention is not None:
            entries["intervention"] = asdict(self.intervention)
        if self.at != "last":
            entries["at"] = self.at
        return entries

    @property
    def is_plain(self) -> bool:
        """Whether they are as training left them, and nothing is done to them."""
        return self.intervention is None and self.at == "last"

    @property
    def folder_name(self) -> str:
        """Of the results, within the folder of those of plain subjects; empty for those."""
        moment = [] if self.at == "last" else ["at-best" if self.at == "best" else f"at-{self.at:06d}"]
        done = [] if self.intervention is None else [config_hash("intervention", asdict(self.intervention))]
        return "-".join(moment + [f"intervened-{name}" for name in done])
