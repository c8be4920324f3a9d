"""The measures by name, each with the size and rounds its claim is made for."""

from collections.abc import Callable
from dataclasses import dataclass

from bench import (
    bulk_import,
    confirmation_latency,
    fan_out,
    far_relay,
    growth,
    memory,
    outside_smtp,
    parts,
    signup_timing,
    two_workers,
    variants,
    web_load,
    whole_path,
)
from bench.table import Finding


@dataclass(frozen=True)
class Measure:
    """One program and its usual effort."""

    run: Callable[..., Finding]  # (services, *, size, rounds)
    size: int
    rounds: int


MEASURES = {
    "whole_path": Measure(whole_path.measure, 100_000, 3),
    "far_relay": Measure(far_relay.measure, 4_000, 3),
    "outside_smtp": Measure(outside_smtp.measure, 100_000, 3),
    "two_workers": Measure(two_workers.measure, 50_000, 3),
    "parts": Measure(parts.measure, 5_000, 5),
    "fan_out": Measure(fan_out.measure, 1_000_000, 3),
    "variants": Measure(variants.measure, 100_000, 2),
    "growth": Measure(growth.measure, 1_000_000, 2),
    "memory": Measure(memory.measure, 1_000_000, 1),
    "confirmation_latency": Measure(confirmation_latency.measure, 1_000_000, 2),
    "bulk_import": Measure(bulk_import.measure, 1_000_000, 1),
    "web_load": Measure(web_load.measure, 180_000, 1),
    "signup_timing": Measure(signup_timing.measure, 1_000, 1),
}
