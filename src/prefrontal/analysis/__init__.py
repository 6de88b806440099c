"""Analyses of behaviour, the same for agents, people and animals. The seed or the person is the unit."""
