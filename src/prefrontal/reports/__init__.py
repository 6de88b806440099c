"""Reports on the terminal: tables of results, and groups compared."""
