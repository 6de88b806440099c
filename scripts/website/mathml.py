"""Equations as MathML, which browsers draw themselves: no script, and nothing to fetch."""

from typing import Any

from docutils.utils.math.latex2mathml import tex2mathml


def setup_math(app: Any) -> None:
    """Register the renderer with Sphinx."""
    app.add_html_math_renderer("mathml", (_inline, None), (_block, None))


def _inline(translator: Any, node: Any) -> None:
    from docutils import nodes

    translator.body.append(tex2mathml(node.astext()))
    raise nodes.SkipNode


def _block(translator: Any, node: Any) -> None:
    from docutils import nodes

    translator.body.append(
        f'<div class="equation" tabindex="0" role="group">{tex2mathml(node.astext(), as_block=True)}</div>'
    )
    raise nodes.SkipNode
