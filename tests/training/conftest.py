"""The small model of the models' room, which feeds and freezing are tried on."""

from tests.models.conftest import tiny

__all__ = ["tiny"]
