"""Agents learning tasks: losses, gradients, updates, and a training as people run it."""
