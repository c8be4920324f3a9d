"""Dated sendings: which articles, for whom, in which words."""
