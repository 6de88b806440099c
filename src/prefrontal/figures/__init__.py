"""Figures, drawn from results that are already computed.

The figure of an experiment has a file here, with `draw(folder, title)`: it reads the files that a test left in
`folder`, `results.json` above all, draws the figure under the heading `title` beside them, and returns the files drawn.
A file that is missing or cannot be read is refused with a `UserError`.
"""
