"""Silenced addresses."""
