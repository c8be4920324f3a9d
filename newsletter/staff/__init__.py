"""People who run the service: accounts, roles, what they did."""
