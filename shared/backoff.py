"""Longer and longer pauses while something is away, and none of the memory once it is back."""

from dataclasses import dataclass


@dataclass
class Backoff:
    """Pauses in seconds, each twice the one before, up to `most`."""

    least: float = 0.1
    most: float = 5.0
    failures: int = 0

    def pause(self) -> float:
        """How long to wait after one more failure."""
        self.failures += 1
        return min(self.most, self.least * 2.0 ** min(self.failures - 1, 30))

    def reset(self) -> None:
        self.failures = 0
