"""Faults: real processes, killed."""
