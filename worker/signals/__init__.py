"""Text to evidence, pure."""
