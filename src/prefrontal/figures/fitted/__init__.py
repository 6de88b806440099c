"""Figures of how fitted models behave."""
