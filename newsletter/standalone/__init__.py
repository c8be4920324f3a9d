"""The all-in-one start: web, worker, scheduler and queue in one foreground process group."""
