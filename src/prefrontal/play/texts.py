"""A lab's own words as HTML that is safe to show."""

import nh3
from markdown_it import MarkdownIt

TAGS = {
    "a", "b", "blockquote", "br", "code", "em", "h2", "h3", "h4", "h5", "h6", "hr", "i", "li", "ol", "p", "pre",
    "strong", "sub", "sup", "table", "tbody", "td", "th", "thead", "tr", "u", "ul",
}  # fmt: skip


def to_html(markdown: str) -> str:
    """The Markdown `markdown` as HTML: text, lists, tables and links, and nothing that runs, loads or is styled.

    Headings stand below the page's own and leave out no level, as screen readers need them.

    Example:
        >>> from prefrontal.play.texts import to_html
        >>> to_html("# Consent\\n#### You may stop")
        '<h2>Consent</h2>\\n<h3>You may stop</h3>\\n'
    """
    parser = MarkdownIt("commonmark", {"html": False}).enable("table")
    tokens = parser.parse(markdown)
    level = 1
    for token in tokens:
        if token.type == "heading_open":
            level = min(int(token.tag[1:]) + 1, level + 1, 6)
        if token.type in ("heading_open", "heading_close"):
            token.tag = f"h{level}"
    html = parser.renderer.render(tokens, parser.options, {})
    return nh3.clean(
        html,
        tags=TAGS,
        attributes={"a": {"href"}},
        url_schemes={"https", "http", "mailto"},
        link_rel="noopener noreferrer",
    )
