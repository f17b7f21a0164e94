"""Follow-up Worker: the follow-up that a good salesperson would have sent."""

__version__ = "0.1.0"
