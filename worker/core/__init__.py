"""Decides. No I/O, no clock, no logging, no settings."""
