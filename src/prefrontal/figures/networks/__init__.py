"""Figures of networks that were fitted to behaviour."""
