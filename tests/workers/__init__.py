"""Tests of the background door."""
