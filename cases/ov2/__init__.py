"""The vocabulary that cases are written in."""

from .catalogue import requirement

__version__ = "0.1.0"
__all__ = ["requirement"]
