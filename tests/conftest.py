"""What all tests share: the same examples from hypothesis on every machine, however slow it is."""

from __future__ import annotations

from hypothesis import settings

# No deadline: a slow machine is no fault. Derandomized: a failure in CI is the same failure at home.
settings.register_profile("worker", deadline=None, derandomize=True, max_examples=100)
settings.load_profile("worker")
