"""The documentation site: its sources are put together from the repository's pages and from what the package says.

`scripts/build_site.py` builds it, `docs/conf.py` says how.
"""
