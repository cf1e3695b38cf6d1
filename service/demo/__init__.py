"""Trying it out: the simulated scenario and the demonstration."""
