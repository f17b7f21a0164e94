"""Wires and runs. The only place that owns a clock."""
