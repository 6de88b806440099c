"""The package's tasks by the name under which other libraries find them."""

import dataclasses
from typing import Any

from prefrontal import configs
from prefrontal.configs.base import LazyTaskConfig, TaskConfig
from prefrontal.errors import UserError
from prefrontal.tasks.base import AbstractTask

NAMESPACE, VERSION = "prefrontal", 0
TASKS: dict[str, type[LazyTaskConfig]] = {
    name.removesuffix("Config"): found
    for name in configs.__all__
    if isinstance(found := getattr(configs, name), type) and issubclass(found, LazyTaskConfig)
}
"""The config of each task, by the task's name."""


def environment_id(name: str) -> str:
    """What other libraries call the task of this name: prefrontal/TwoStep-v0."""
    return f"{NAMESPACE}/{name}-v{VERSION}"


def config_of(task: str | TaskConfig, numbers: dict[str, Any]) -> TaskConfig:
    """The config of a task.

    Arguments:
        task: its name, such as "TwoStep", or a config.
        numbers: fields of the config that are to be otherwise.

    Raises:
        UserError: when there is no such task, it has no such field, or not with such a value.
    """
    if isinstance(task, str):
        if task not in TASKS:
            raise UserError(f"`task` must be one of {', '.join(TASKS)}, got {task!r}. Give one of these, or a config.")
        return TASKS[task](**numbers)
    fields = [field.name for field in dataclasses.fields(task)]
    if unknown := sorted(set(numbers) - set(fields)):
        raise UserError(f"`{unknown[0]}` must be a field of {type(task).__name__} ({', '.join(fields)}). Leave it out.")
    return dataclasses.replace(task, **numbers)


def make_task(task: str | TaskConfig | AbstractTask, numbers: dict[str, Any]) -> AbstractTask:
    """A task: the one given, or that of its config.

    Arguments:
        task: its name, a config, or the task itself.
        numbers: fields of its config that are to be otherwise.

    Raises:
        UserError: as in `config_of`; or when numbers come with a task, which has its own.
    """
    if not isinstance(task, AbstractTask):
        return config_of(task, numbers).make()
    if numbers:
        raise UserError(
            f"`{next(iter(numbers))}` must go with the name of a task or with a config, got a task, whose numbers are "
            "set. Give its config."
        )
    return task
