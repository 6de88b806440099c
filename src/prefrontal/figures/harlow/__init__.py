"""Figures of Harlow's task."""
