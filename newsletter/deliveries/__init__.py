"""One digest to one subscription, exactly once."""
