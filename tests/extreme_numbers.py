"""Every number of every config at its worst: a config comes of it, or a sentence."""

import dataclasses
import signal
import types
import warnings
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any, Union, get_args, get_origin, get_type_hints

import equinox as eqx
import jax
import jax.numpy as jnp

from prefrontal.errors import UserError
from prefrontal.experiments import find_experiment
from prefrontal.experiments.presets import EXPERIMENTS

EXTREMES: tuple[Any, ...] = (
    float("nan"), float("inf"), float("-inf"), -1, -0.5, -0.0, 0, 0.0, 1e-300, 0.5, 1, 1.0, 2, 1.5, 1e30, 1e38, 1e39,
    1e300, 2**31 - 1, 2**31, 2**32 - 1, 2**32, 2**63, 10**12, 10**400, True, "1", None, (),
)  # fmt: skip
PARTS = ("task", "agent", "train", "test")


def numbers() -> Iterator[tuple[str, str, Any, str]]:
    """Every number of every preset, each config once: experiment, part, config, and the field's name."""
    seen: set[tuple[Any, str]] = set()
    for experiment in EXPERIMENTS:
        preset = find_experiment(experiment)
        for part in PARTS:
            config = getattr(preset.config, part)
            hints = get_type_hints(type(config))
            for field in dataclasses.fields(config):
                if _is_number(hints[field.name]) and (config, field.name) not in seen:
                    seen.add((config, field.name))
                    yield experiment, part, config, field.name


def _is_number(hint: Any) -> bool:
    choices = get_args(hint) if get_origin(hint) in (Union, types.UnionType) else (hint,)
    return any(choice in (int, float) or get_origin(choice) is tuple for choice in choices)


def tried(config: Any, name: str, value: Any) -> Any:
    """`config` with `value` in its field `name`; None where that is refused."""
    hint = get_type_hints(type(config))[name]
    with suppress(UserError):
        if "tuple" in str(hint) and not isinstance(value, tuple):
            value = (value,) * max(len(getattr(config, name) or ()), 1)
        return dataclasses.replace(config, **{name: value})
    return None


def made(experiment: str, part: str, config: Any) -> bool:
    """Whether task and agent of a preset, with `config` as its `part`, are made; False where they are refused."""
    preset = find_experiment(experiment).config
    parts = {"task": preset.task, "agent": preset.agent, part: config}
    with suppress(UserError):
        task = parts["task"].make()
        eqx.filter_eval_shape(lambda key: parts["agent"].make(task, key), jax.random.key(0))
        eqx.filter_eval_shape(lambda key: task.step(task.start(key), jnp.int32(0), key), jax.random.key(0))
        return True
    return False


@contextmanager
def within(seconds: float, faults: Counter[str], what: str) -> Iterator[None]:
    """Count in `faults` what is raised within it, and that it takes longer than it may."""

    def stop(*_: Any) -> None:
        raise TimeoutError(f"more than {seconds:g} s")

    before = signal.signal(signal.SIGALRM, stop)
    signal.setitimer(signal.ITIMER_REAL, seconds)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    except Exception as error:
        faults[f"{what}: {type(error).__name__}: {str(error)[:80]}"] += 1
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)
