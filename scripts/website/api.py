"""The reference of what `import prefrontal` offers: a page a name, by topic, as `__init__.pyi` has them."""

import inspect
import re

import prefrontal
from website.contents import toctree
from website.places import ROOT

LIST = ROOT / "src" / "prefrontal" / "__init__.pyi"


def topics() -> dict[str, list[str]]:
    """The public names under each heading."""
    found = re.findall(r"^# ([A-Z].*)\n((?:from .*\n)+)", LIST.read_text(encoding="utf-8"), re.MULTILINE)
    return {heading.rstrip("."): re.findall(r" import (\w+) ", names) for heading, names in found}


def api_pages() -> dict[str, str]:
    """Every page, by name."""
    pages: dict[str, str] = {}
    topic_names = []
    for number, (heading, names) in enumerate(topics().items(), start=1):
        topic_names.append(f"topic-{number}")
        pages[f"api/topic-{number}.md"] = topic_page(heading, names)
        pages |= {f"api/{name}.rst": name_page(name) for name in names}
    listed = [
        f"- [{heading}](topic-{number}.md): " + ", ".join(f"[`{name}`]({name}.rst)" for name in names)
        for number, (heading, names) in enumerate(topics().items(), start=1)
    ]
    index = [
        "# What `import prefrontal as pf` offers",
        "",
        "By topic. `help(pf.evaluate)`, say, tells the same. Examples take some things for granted: `pf`; JAX as "
        "`jax`, its arrays as `jnp`, NumPy as `np` and pandas as `pd`; `table`, the trial table of six simulated "
        "subjects; `task`, a bandit of two arms and ten pulls an episode; and `agent`, an untrained network of it. "
        "They run in the tests. Modules and names beside these that do not begin with an underscore are public, too: "
        "they say what they do where they are.",
        "",
        *listed,
        "",
        *toctree(topic_names, depth=2),
        "",
    ]
    return {"api/index.md": "\n".join(index), **pages}


def topic_page(heading: str, names: list[str]) -> str:
    """The page of a topic: what each of its names is, in a sentence."""
    lines = [f"- [`{name}`]({name}.rst): {first_sentence(name)}" for name in names]
    return "\n".join([f"# {heading}", "", *lines, "", *toctree(names, depth=1), ""])


def first_sentence(name: str) -> str:
    """What a name is, as its docstring begins."""
    paragraph = " ".join((inspect.getdoc(getattr(prefrontal, name)) or "").partition("\n\n")[0].split())
    sentence = re.match(r"(.+?[.:])(?= [A-Z]|$)", paragraph)
    return (sentence[1] if sentence else paragraph).replace("|", r"\|").replace("*", r"\*").replace("<", r"\<")


def name_page(name: str) -> str:
    """The page of a name."""
    if inspect.isclass(inspect.unwrap(getattr(prefrontal, name))):
        directive = [f".. autoclass:: prefrontal.{name}", "   :members:", "   :member-order: bysource"]
    else:
        directive = [f".. autofunction:: prefrontal.{name}"]
    return "\n".join([name, "=" * len(name), "", *directive, ""])
