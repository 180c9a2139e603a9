"""A music player for the terminal that reads your face and plays what fits."""

__version__ = "0.1.0"
