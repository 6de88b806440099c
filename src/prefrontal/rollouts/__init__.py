"""Agents playing tasks: episodes, compiled."""
