"""`prefrontal play`: people at the task, in a browser."""
