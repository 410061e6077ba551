"""Numbers for predictions: how close one is to its reference, and what many say together."""

from cadvlm.scoring.scores import METRICS, score

__all__ = ["METRICS", "score"]
