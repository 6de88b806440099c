"""The page of a sweep: its table, figure and failures in one HTML file that needs no other."""

import base64
from collections import Counter
from collections.abc import Sequence
from html import escape

import pandas as pd

from prefrontal.sweeps.standing import STATES, Standing
from prefrontal.sweeps.table import in_order, measures_of, options_of
from prefrontal.sweeps.told import hours, measured, plain

_STYLE = """
body { font: 15px/1.5 system-ui, sans-serif; margin: 2rem auto; max-width: 75rem; padding: 0 1rem; color: #222; }
.wide { overflow-x: auto; }
table { border-collapse: collapse; font-variant-numeric: tabular-nums; }
th, td { padding: .25rem .7rem; text-align: right; border-bottom: 1px solid #ddd; vertical-align: top; }
th { font-weight: 600; } td.run, th.run { text-align: left; font-family: monospace; font-size: 13px; }
td small { color: #666; display: block; white-space: nowrap; }
img { max-width: 100%; } tr.best td { background: #eef6ee; }
"""


def page(title: str, table: pd.DataFrame, measure: str, found: Sequence[Standing], figure: bytes) -> str:
    """The page, as HTML.

    Arguments:
        title: stands above.
        table: of settings.
        measure: the one that settings are ordered by.
        found: how far the units have come.
        figure: PNG.
    """
    counts = Counter(one.state for one in found)
    told = ", ".join(f"{counts[state]:,} {state}" for state in STATES if counts[state])
    took = hours(sum(one.seconds for one in found) / 3600)
    failed = [(one.unit.name, one.reason) for one in found if one.state == "failed"]
    failures = "".join(f"<li><code>{escape(name)}</code>: {escape(reason)}</li>" for name, reason in failed)
    picture = base64.b64encode(figure).decode()
    return f"""<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title>{escape(title)}</title><style>{_STYLE}</style></head><body>
<h1>{escape(title)}</h1>
<p>Units: {escape(told)}. Workers took {escape(took)}.</p>
<p><img alt="{escape(measure)} of each setting" src="data:image/png;base64,{picture}"></p>
<div class="wide">{_rows(table, measure)}</div>
<p>Means over seeds, and below each Student's 95 % interval of the mean.</p>
{f"<h2>Failures</h2><ul>{failures}</ul>" if failures else ""}
</body></html>
"""


def _rows(table: pd.DataFrame, measure: str) -> str:
    """The table of settings, the best first."""
    options, measures = options_of(table), measures_of(table)
    measures = [name for name in (measure, *measures) if name]
    measures = list(dict.fromkeys(measures))
    heads = [*options, "seeds", *measures, "done", "failed", "minutes"]
    head = "".join(f"<th>{escape(name)}</th>" for name in heads) + '<th class="run">folder</th>'
    body = []
    for place, row in enumerate(in_order(table, measure).to_dict("records")):
        values = [escape(plain(row[name])) for name in (*options, "seeds")]
        for name in measures:
            mean, interval = measured(row, name)  # pyright: ignore[reportArgumentType]
            values.append(f"{escape(mean)}<small>{escape(interval)}</small>")
        values += [str(row["done"]), str(row["failed"] or ""), f"{row['minutes']:.1f}"]
        best = ' class="best"' if place == 0 and measure else ""
        cells = "".join(f"<td>{value}</td>" for value in values)
        body.append(f'<tr{best}>{cells}<td class="run">{escape(str(row["run"]))}</td></tr>')
    return f"<table><thead><tr>{head}</tr></thead><tbody>{''.join(body)}</tbody></table>"
