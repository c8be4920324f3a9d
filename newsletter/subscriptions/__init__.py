"""Who wants what, how she asked for it, and how she leaves."""
