"""Figures of networks with a memory for episodes, beside the same networks without."""
