"""What comes back: reports by mail and by webhook, stored once each, then handled."""
