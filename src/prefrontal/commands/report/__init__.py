"""`prefrontal report`: a run, or two side by side, as one page."""
