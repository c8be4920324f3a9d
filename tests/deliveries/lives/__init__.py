"""Lives: random readers, articles and clocks, played with the real operations, and an oracle."""
