"""Mail providers that tell by webhook: each with its own signature and its own words."""
