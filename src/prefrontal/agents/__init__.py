"""Agents: networks, cognitive models and ideal observers, all with the same contract."""

from prefrontal.agents.base import AbstractAgent

__all__ = ["AbstractAgent"]
