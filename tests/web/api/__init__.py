"""The API: what it tells, what it takes, and its description."""
