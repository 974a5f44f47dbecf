"""The catalogue in use, whole since the process started: what may be tested or released, and under which name."""

from importlib.resources import files

from shared.catalogue.model import Catalogue, Side, Target, UnknownTarget
from shared.catalogue.reading import read

CATALOGUE: Catalogue = read((files(__package__) / "targets.toml").read_text("utf-8"))

__all__ = ["CATALOGUE", "Catalogue", "Side", "Target", "UnknownTarget"]
