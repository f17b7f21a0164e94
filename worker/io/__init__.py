"""Touches the world: mail servers, files, the state on disk."""
