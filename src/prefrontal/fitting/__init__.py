"""Fitting cognitive models to trial tables of agents, people and animals, and seeing whether fits can be trusted."""
