"""Environments both ways: our tasks for agents of other libraries, and environments of others for our agents."""
