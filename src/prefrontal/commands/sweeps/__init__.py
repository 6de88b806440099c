"""The commands on sweeps that a file describes."""
