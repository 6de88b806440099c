"""Figures for one's own scripts and notebooks: each is returned, a Matplotlib figure; nothing is saved."""
