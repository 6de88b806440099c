"""Figures, drawn from results that are already computed."""
