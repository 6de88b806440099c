"""`prefrontal fit`: cognitive models fitted to a table of trials, compared and drawn."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import tyro
from rich.console import Console

from prefrontal.commands.arguments import check_new, read_pairs, refuse_given
from prefrontal.commands.options import read_options
from prefrontal.commands.tables import Reading, expanded, read_group
from prefrontal.commands.written import check_not_read
from prefrontal.configs.models import MODELS, KnownTask
from prefrontal.errors import UserError, check_count, check_seed
from prefrontal.progress import progress
from prefrontal.runs.parts import is_unfinished, keeping

if TYPE_CHECKING:
    import pandas as pd

    from prefrontal.fitting.fit import Fit
    from prefrontal.fitting.hierarchical import Posterior

RECORD = "fit.json"
SAMPLED = ("num_warmup", "num_samples", "num_chains", "target_acceptance")
"""What says how a hierarchy's posterior is sampled."""
SEARCHED = ("method", "regressors", "recovery", "num_starts", *SAMPLED)
"""What is asked of cognitive models, and says nothing of networks."""
OF_TRIALS = (
    *("reading", "by", "fix", "teacher", "common_probability", "better_reward_probability"),
    *("worse_reward_probability", "reversal_probability", "num_simulations", *SEARCHED),
)
"""What is asked of a trial table, and says nothing of pulls."""
DESCRIPTION = """\
Fit cognitive models, or small networks (gru-2, sgru-2), to a table of trials.
Writes fit.json, MODEL.csv, comparison.csv, comparison-by-subject.csv,
held-out.csv (of networks; with --held-out of all), and figures."""


@dataclass(frozen=True)
class Options:
    """What to fit, and how."""

    tables: Annotated[tyro.conf.Positional[tuple[str, ...]], tyro.conf.arg(metavar="FILE", help_behavior_hint="")]
    """Files of trials: one, or several of one group."""
    reading: tyro.conf.OmitArgPrefixes[Reading] = field(default_factory=Reading)
    models: Annotated[tuple[str, ...], tyro.conf.arg(metavar="MODEL")] = ("hybrid",)
    """Models to fit: hybrid, model-based, sarsa-lambda, sarsa-0, reward-as-cue, latent-state, bayes-optimal,
    win-stay-lose-shift, biased-random, hybrid-hbayesdm; networks: gru-2; pulls: forgetting."""
    method: Annotated[Literal["mle", "map", "em", "hierarchical"], tyro.conf.arg(metavar="METHOD")] = "map"
    """mle or map (a posteriori), each subject alone; em or hierarchical (sampled; needs prefrontal[bayes]), all with
    their group."""
    by: Literal["subject", "session"] = "subject"
    """Who has parameters."""
    fix: Annotated[tuple[str, ...], tyro.conf.arg(metavar="NAME=VALUE")] = ()
    """Parameters to hold, as in weight=.5 trace=1."""
    common_probability: Annotated[float | None, tyro.conf.arg(metavar="P")] = None
    """Unless given: .7 with second-stage choices, else .8."""
    better_reward_probability: float = 0.9
    """As bayes-optimal, latent-state take it."""
    worse_reward_probability: float = 0.1
    """As bayes-optimal takes it."""
    reversal_probability: float = 0.025
    """As bayes-optimal takes it."""
    num_starts: int | None = None
    """mle, map: searches. Unless given: 20; held out: 6."""
    num_warmup: int = 500
    """hierarchical: draws that tune a chain."""
    num_samples: int = 1000
    """hierarchical: draws kept of a chain."""
    num_chains: int = 4
    """hierarchical: chains."""
    target_acceptance: Annotated[float, tyro.conf.arg(metavar="P")] = 0.9
    """hierarchical: higher, if draws diverge."""
    held_out: Annotated[Literal["sessions", "people"], tyro.conf.arg(metavar="WHAT")] | None = None
    """Predict choices held out: sessions or people."""
    sharing: Annotated[Literal["alone", "group", "one"], tyro.conf.arg(metavar="HOW")] | None = None
    """Networks: alone, from a group's, or one."""
    teacher: Annotated[str | None, tyro.conf.arg(metavar="NETWORK")] = None
    """Networks learn what this one, of all, would choose."""
    num_folds: int | None = None
    """Folds. Unless given: 10, or as many as there can be."""
    regressors: bool = False
    """Write each trial's signals: MODEL-regressors.csv."""
    num_simulations: int = 20
    """Simulated studies: check.png; 0: none."""
    recovery: Annotated[str | None, tyro.conf.arg(metavar="FOLDER")] = None
    """Of recover, or quick: marks what cannot be found."""
    seed: int = 0
    """Of starting points, and of draws."""
    out: Annotated[Path, tyro.conf.arg(metavar="FOLDER")] = field(default_factory=lambda: Path("fit"))
    """Folder for what is written."""
    overwrite: bool = False
    """Replace what an earlier run of this command left."""


def run(command: str, arguments: Sequence[str]) -> None:
    """Fit the models that the arguments name."""
    options: Options = read_options(Options, arguments, program=f"prefrontal {command}", description=DESCRIPTION)
    if not options.tables:
        raise UserError(
            f"`table` must follow `{command}`, got nothing. Give a file of trials, or several of one group."
        )
    fixed = read_pairs("fix", options.fix)
    told = {key: str(value) if isinstance(value, Path) else value for key, value in asdict(options).items()}
    asked = {name: value for name, value in told.items() if name != "overwrite"}
    for name in (RECORD, "comparison.csv", "held-out.csv", *(f"{model}.csv" for model in options.models)):
        check_new(options.out / name, overwrite=options.overwrite or is_unfinished(options.out, asked))
    if not options.models:
        raise UserError("`models` must name a model or more, got none. Leave it out for hybrid.")
    check_seed("seed", options.seed)
    if options.num_starts is not None:
        check_count("num_starts", options.num_starts)
    names = list(dict.fromkeys(options.models))
    networks = [name for name in names if name not in MODELS]
    cognitive = [name for name in names if name in MODELS]

    from prefrontal import devices

    devices.configure()
    from prefrontal.fitting.fit import NUM_STARTS, held_of, parameters_to_fit
    from prefrontal.fitting.networks.planned import plan_held_out
    from prefrontal.reports.checks import report_checks
    from prefrontal.reports.earlier import earlier_files, written
    from prefrontal.reports.fits import add_to_record, report_fits, report_posteriors, write_regressors
    from prefrontal.reports.recovered import recoveries, show_unrecovered
    from prefrontal.runs.files import write_text
    from prefrontal.runs.provenance import environment
    from prefrontal.runs.spreadsheets import to_csv
    from prefrontal.trials.bandits.mindrl import is_mindrl
    from prefrontal.trials.formats import overview, with_trials

    files = [file for path in options.tables for file in expanded(path)]
    check_not_read([options.out / name for name in written(told)], files)
    if any(map(is_mindrl, files)):
        _fit_pulls(files, names, options, told, asked)
        return
    group = read_group(files, options.reading)
    table = with_trials(group.table, by=options.by)
    read = overview(table)
    Console().print(read, markup=False, highlight=False)
    group.show()
    group.keep(options.reading)
    task = KnownTask(
        second_choices="choice2" in table,
        common_probability=options.common_probability,
        better_reward_probability=options.better_reward_probability,
        worse_reward_probability=options.worse_reward_probability,
        reversal_probability=options.reversal_probability,
    )
    # All that can be refused is, before anything is fitted.
    plan = None
    if networks or options.held_out or options.teacher or options.sharing:
        plan = plan_held_out(
            table,
            networks,
            cognitive,
            by=options.by,
            over=options.held_out or "sessions",
            sharing=options.sharing,
            teacher=options.teacher,
            num_folds=options.num_folds,
            seed=options.seed,
        )
        _tell(plan.told)
    elif options.num_folds is not None:
        raise UserError(
            f"`num_folds` must go with networks or choices held out, got {options.num_folds}. Leave it out, or add "
            "--held-out sessions"
        )
    held = held_of(cognitive, task, fixed, option="fix")
    if not cognitive:
        refuse_given(options, Options(()), SEARCHED, "where only networks are fitted")
    if options.method != "hierarchical":
        refuse_given(options, Options(()), SAMPLED, "without --method hierarchical")
    for name, values in held.items():
        parameters_to_fit(name, task, values)
    if options.num_simulations:
        check_count("num_simulations", options.num_simulations, least=3)
    recovered = recoveries(held, task, table, options.out, options.recovery)
    with keeping(options.out, asked, replaced=earlier_files(options.out, files) if options.overwrite else ()):
        fits: dict[str, Any] = {}
        for name, values in held.items():
            fits[name] = _fit(name, table, task, values, options)
            write_text(options.out / f"{name}.csv", to_csv(fits[name].table, index=False))  # kept, whatever comes after
            if options.regressors:
                write_regressors(options.out / f"{name}-regressors", group.table, fits[name])
        record = {"options": told, "read": read, "environment": environment()}
        if cognitive:
            report = report_posteriors if options.method == "hierarchical" else report_fits
            searches = {"num_starts": options.num_starts or NUM_STARTS} if options.method in ("mle", "map") else {}
            report(fits, record | searches, options.out, options.by)
            found: dict[str, Any] = {"recovered": show_unrecovered(recovered, Console())}
            if options.method == "hierarchical":
                from prefrontal.reports.networks import report_leave_one_out

                compared = report_leave_one_out(table, fits, options.out, task=task)
                found["leave_one_out"] = compared.to_dict(orient="index")
            add_to_record(options.out / RECORD, found)
        if plan:
            from prefrontal.fitting.networks import beside
            from prefrontal.reports.networks import report_held_out

            num_starts = options.num_starts or beside.NUM_STARTS
            fits |= report_held_out(table, plan, record, options.out, task=task, fixed=fixed, num_starts=num_starts)
        if options.num_simulations:
            checks = report_checks(table, fits, options.out, task=task, num=options.num_simulations, seed=options.seed)
            add_to_record(options.out / (RECORD if cognitive else "held-out.json"), {"checks": checks})
    print(f"Files: {options.out}", flush=True)


def _fit_pulls(
    files: Sequence[str], names: Sequence[str], options: Options, told: dict[str, Any], asked: dict[str, Any]
) -> None:
    """The same of pulls of a restless bandit, to which fewer options apply."""
    from prefrontal.configs.models import FORGETTING
    from prefrontal.fitting.networks.planned import plan_held_out
    from prefrontal.reports.earlier import earlier_files
    from prefrontal.reports.pulls import check_models_of_pulls, read_pulls, report_pulls
    from prefrontal.runs.provenance import environment
    from prefrontal.trials.bandits.mindrl import pulls_overview

    given = [name for name in OF_TRIALS if name != "num_simulations" or options.num_simulations]  # 0: none, as it is
    refuse_given(options, Options(()), given, "for pulls of a bandit")
    check_models_of_pulls(names)
    table = read_pulls(files)
    read = pulls_overview(table)
    Console().print(read, markup=False, highlight=False)
    plan = plan_held_out(
        table,
        [name for name in names if name != FORGETTING],
        [name for name in names if name == FORGETTING],
        over=options.held_out or "sessions",
        sharing=options.sharing,
        num_folds=options.num_folds,
        seed=options.seed,
    )
    _tell(plan.told)
    record = {"options": told, "read": read, "environment": environment()}
    with keeping(options.out, asked, replaced=earlier_files(options.out, files) if options.overwrite else ()):
        report_pulls(table, plan, record, options.out)
    print(f"Files: {options.out}", flush=True)


def _tell(sentence: str) -> None:
    if sentence:
        Console().print(sentence, markup=False, highlight=False)


def _fit(
    name: str, table: "pd.DataFrame", task: KnownTask, fixed: dict[str, float], options: Options
) -> "Fit | Posterior":
    if options.method == "hierarchical":
        from prefrontal.fitting.hierarchical import fit_hierarchy

        return fit_hierarchy(
            table,
            name,
            by=options.by,
            task=task,
            fixed=fixed,
            num_warmup=options.num_warmup,
            num_samples=options.num_samples,
            num_chains=options.num_chains,
            target_acceptance=options.target_acceptance,
            seed=options.seed,
            progress=True,
        )
    if options.method == "em":
        from prefrontal.fitting.group import fit_group

        return fit_group(table, name, by=options.by, task=task, fixed=fixed, seed=options.seed)
    from prefrontal.fitting.fit import NUM_STARTS, fit_model

    num = len(table[["subject"] if options.by == "subject" else ["subject", "session"]].drop_duplicates())
    with progress(f"Fitting {name}", num) as told:
        return fit_model(
            table,
            name,
            method=options.method,
            by=options.by,
            task=task,
            fixed=fixed,
            num_starts=options.num_starts or NUM_STARTS,
            seed=options.seed,
            told=told,
        )
