"""The description of a file of trials: which column holds what, and what stands for what."""

from collections.abc import Mapping
from dataclasses import dataclass, field, fields, replace
from typing import Any, Literal

from prefrontal.errors import UserError, check_choice

CODED = ("choice", "state", "common", "choice2", "reward", "missed")
"""The columns whose values are 0 and 1, whatever the file calls them."""
PLACES = ("subject", "session", "trial", *CODED, "better_state", "rt", "rt2", "practice", "block")
"""What a column can be said to hold."""
MAPPINGS = ("subject", "all", "values")
"""How it is told which state a choice commonly leads to, where no column tells."""


@dataclass(frozen=True)
class Columns:
    """Which column of a table holds what, by name. A column that is named must be there; "" says that there is none.
    None, unless said otherwise, means the column of our name, if there is one, in upper or lower case, or else one of a
    usual name. `keep_columns` writes a description beside its file, where it is found again.

    Example:
        >>> rows = {"who": ["ann"] * 3, "first": ["left", "left", "right"], "usual": [1, 0, 1], "outcome": [0, 1, 1]}
        >>> pd.DataFrame(rows).to_csv("data.csv", index=False)
        >>> columns = pf.Columns(subject="who", choice="first", common="usual", reward="outcome")
        >>> pf.read_trials("data.csv", columns=columns)["choice"].tolist()
        [0, 0, 1]
    """

    subject: str | None = None
    """Who chose. None: also a column called participant, subj, subject_id, subjID, ID, ppt or the like. Without any,
    all rows are of one subject, called `nobody`."""
    session: str | None = None
    """Nothing carries over from one session to the next. Without it each subject has one."""
    trial: str | None = None
    """The number of the trial within its session; gaps are missed trials. None: also trial_number or the like. Without
    it trials are numbered in their order."""
    choice: str | None = None
    """First-stage choice: any two names or numbers. "": the state that the option taken commonly leads to, told by
    `state` and `common`, for tasks that assign options to states afresh."""
    state: str | None = None
    """Second-stage state reached: any two names or numbers. Without it `common` must be there."""
    common: str | None = None
    """Whether the transition was common. Without it, `mapping` tells."""
    choice2: str | None = None
    """Second-stage choice: two names or numbers, or four, two a state."""
    reward: str | None = None
    """The outcome, 0 or 1."""
    missed: str | None = None
    """Whether the trial was missed; what its other cells hold counts for nothing. Without it, a trial is that has no
    choice, state, second choice or reward."""
    better_state: str | None = None
    """The state that paid more often, called as in `state`."""
    rt: str | None = None
    """Response time of the first-stage choice."""
    rt2: str | None = None
    """Response time of the second-stage choice."""
    rt_unit: Literal["s", "ms"] = "s"
    """Unit of the response times: seconds or milliseconds."""
    practice: str | None = None
    """Whether a trial was practice: such rows are left out. None: also any column that says "practice" of some rows."""
    mapping: Literal["subject", "all", "values"] = "subject"
    """Which state is the common one of a choice, where no column tells. "subject": the one that followed it more often,
    for each subject. "all": the same for all subjects of the file together. "values": state 0 is choice 0's, as
    `values` has them."""
    block: str = ""
    """Within which choices lead to the same state, where that is told from counts. "": throughout."""
    values: Mapping[str, tuple[str, str]] = field(default_factory=dict)
    """What stands for 0 and for 1, by our name of the column: {"choice": ("left", "right")}. Without it the two names
    are taken in their order: 0 before 1, 1 before 2, a before b."""
    void: tuple[str, ...] = ()
    """What a cell without a value may hold, such as -1, beside nothing, NA, n/a, null and the like."""
    void_in: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """The same for single columns, by our name: {"choice": ("0",)}."""
    rows: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """Which rows are trials, by column of the file and what it holds there: {"screen": ("choice",)}. Without it all are
    but those that hold nothing of a trial, not even its number."""
    reward_above: float | None = None
    """Points above this count as a reward of 1, others as 0. None: rewards are 0 and 1 already."""
    format: str = "auto"
    """Format of the file, one of `prefrontal.trials.formats.FORMATS`. "auto": told from its name and first line."""
    nobody: str = "1"
    """What the subject of a table is called in which nobody is named."""

    def __post_init__(self) -> None:
        check_choice("rt_unit", self.rt_unit, ("s", "ms"))
        check_choice("mapping", self.mapping, MAPPINGS)
        for name, pair in self.values.items():
            check_choice("values", name, CODED)
            if len(pair) != 2 or pair[0] == pair[1]:
                raise UserError(f"`values` must give two values of `{name}`, for 0 and for 1, got {pair}.")
        for name in self.void_in:
            check_choice("void_in", name, PLACES)

    @property
    def said(self) -> dict[str, Any]:
        """The fields that say something, by name."""
        silent = Columns()
        return {
            entry.name: value
            for entry in fields(self)
            if (value := getattr(self, entry.name)) != getattr(silent, entry.name)
        }

    @property
    def named(self) -> dict[str, str]:
        """The columns that are named, by our name of each; "" where it is said that there is none."""
        return {name: column for name, column in self.said.items() if name in PLACES}

    def over(self, other: "Columns | None") -> "Columns":
        """This description, and what `other` says where this one says nothing.

        Arguments:
            other: of the same file. None says nothing.
        """
        return self if other is None else replace(other, **self.said)
