"""Every number of every config at its worst, from Python: a config comes of it, or a sentence; and so do a task and an
agent, which JAX only says the shapes of.
"""

from collections import Counter
from collections.abc import Iterator

from campaign.frame import Row, Setting, main


def run(setting: Setting) -> Iterator[Row]:
    """Configs; and what is made of those that are accepted."""
    from extreme_numbers import EXTREMES, made, numbers, tried, within

    count, faults, accepted = 0, Counter[str](), []
    for experiment, part, config, name in numbers():
        for value in EXTREMES:
            count += 1
            with within(5, faults, f"{type(config).__name__}.{name} = {value}"):
                changed = tried(config, name, value)
                if changed is not None:
                    accepted.append((experiment, part, name, value, changed))
    told = f"{len(accepted):,} accepted"
    yield Row("a number of a config at its worst", count, sum(faults.values()), told=told, examples=tuple(faults))
    makers = [one for one in accepted if one[1] in ("task", "agent")]
    chosen = setting.rng("made").sample(makers, min(len(makers), setting.size(1_000)))
    faults, refused = Counter[str](), 0
    for experiment, part, name, value, config in chosen:
        with within(60, faults, f"{type(config).__name__}.{name} = {value}"):
            refused += not made(experiment, part, config)
    told = f"{refused} refused"
    yield Row("task and agent of such a config", len(chosen), sum(faults.values()), told=told, examples=tuple(faults))


if __name__ == "__main__":
    main(run)
