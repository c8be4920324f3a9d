"""Written pieces, found in feeds."""
