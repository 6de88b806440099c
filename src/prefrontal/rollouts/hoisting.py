"""Loops that do only what has to be done in order.

A task's `step` draws its own random numbers and builds its own tables, as is natural to write. Inside a loop over time
that is slow, and most of it does not depend on what the loop carries: it can be done for all steps at once.
"""

from collections.abc import Callable, Sequence
from typing import Any

import jax
from jax.extend import core
from jaxtyping import PyTree


def hoisted_scan(body: Callable[[Any, Any], tuple[Any, Any]], init: PyTree, xs: PyTree) -> tuple[PyTree, PyTree]:
    """`jax.lax.scan(body, init, xs)`, with everything that does not depend on the carry computed before the loop.

    The body is traced once and split in two: what depends on `xs` alone (random numbers, say) is mapped over all
    steps at once, and the loop is left with what depends on the carry. Results are the same to rounding.
    """
    carry_leaves, carry_tree = jax.tree.flatten(init)
    x_leaves, x_tree = jax.tree.flatten(xs)
    one_x = jax.tree.unflatten(x_tree, [jax.ShapeDtypeStruct(x.shape[1:], x.dtype) for x in x_leaves])
    traced, shapes = jax.make_jaxpr(body, return_shape=True)(init, one_x)
    num_carry, (_, y_tree) = len(carry_leaves), map(jax.tree.structure, shapes)

    early, late = _split(traced, [True] * num_carry + [False] * len(x_leaves))
    early_values = jax.vmap(core.jaxpr_as_fun(early))(*x_leaves)

    def loop_body(carry: list, values: list) -> tuple[list, list]:
        outputs = core.jaxpr_as_fun(late)(*carry, *values)
        return outputs[:num_carry], outputs[num_carry:]

    length = x_leaves[0].shape[0]
    carry, ys = time_scan(loop_body, carry_leaves, early_values, length=length)
    return jax.tree.unflatten(carry_tree, carry), jax.tree.unflatten(y_tree, ys)


def time_scan(body: Callable[[Any, Any], tuple[Any, Any]], init: PyTree, xs: PyTree, **options: Any) -> Any:
    """`jax.lax.scan` over time, in turns of as many steps as are best where it runs."""
    return jax.lax.scan(body, init, xs, unroll=steps_a_turn(), **options)


def steps_a_turn() -> int:
    """Processors run a small loop as one function, for which a turn is nothing. On a GPU it takes as long as the step:
    turns of five halve training, and of twenty do no more, and take three times as long to compile."""
    return 1 if jax.default_backend() == "cpu" else 5


def depends_on_inputs(traced: core.ClosedJaxpr) -> list[bool]:
    """For each output of `traced`, whether it depends on an input (and not only on captured constants)."""
    dependent = _dependents(traced.jaxpr, set(traced.jaxpr.invars))
    return [_is_in(variable, dependent) for variable in traced.jaxpr.outvars]


def _split(traced: core.ClosedJaxpr, is_late: Sequence[bool]) -> tuple[core.ClosedJaxpr, core.ClosedJaxpr]:
    """Split a traced function into two: early inputs -> values; late inputs and those values -> outputs.

    What depends neither on early nor on late inputs stays in the late part, where the compiler folds it.
    """
    jaxpr = traced.jaxpr
    late_inputs = [v for v, late in zip(jaxpr.invars, is_late, strict=True) if late]
    early_inputs = [v for v, late in zip(jaxpr.invars, is_late, strict=True) if not late]
    # What has an effect, such as printing, has it at every turn of the loop.
    effects = {v for e in jaxpr.eqns if e.effects for v in e.outvars}
    late_variables = _dependents(jaxpr, effects.union(late_inputs))
    early_variables = _dependents(jaxpr, set(early_inputs)) - late_variables

    early = [e for e in jaxpr.eqns if early_variables.intersection(e.outvars)]
    late = [e for e in jaxpr.eqns if not early_variables.intersection(e.outvars)]
    constant = [e for e in late if not e.effects and not late_variables.intersection(e.outvars)]

    needed = [v for e in late for v in e.invars] + list(jaxpr.outvars)
    values = list(dict.fromkeys(v for v in needed if _is_in(v, early_variables)))

    def part(invars: list, outvars: list, eqns: list) -> core.ClosedJaxpr:
        effects = set().union(*(e.effects for e in eqns))
        return core.ClosedJaxpr(
            core.Jaxpr(jaxpr.constvars, invars, outvars, eqns, effects, jaxpr.debug_info.with_unknown_names()),
            traced.consts,
        )

    return (
        part(early_inputs, values, constant + early),
        part(late_inputs + values, list(jaxpr.outvars), late),
    )


def _dependents(jaxpr: core.Jaxpr, sources: set) -> set:
    """The variables that depend on `sources`, these included."""
    dependent = set(sources)
    for equation in jaxpr.eqns:
        if any(_is_in(variable, dependent) for variable in equation.invars):
            dependent.update(equation.outvars)
    return dependent


def _is_in(variable: Any, variables: set) -> bool:
    return not isinstance(variable, core.Literal) and variable in variables
