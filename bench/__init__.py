"""Measured claims: each goal of the delivery engine as a small program, run by `make bench`."""
