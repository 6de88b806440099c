"""People at the task: a study in the browser, its server and its data."""
