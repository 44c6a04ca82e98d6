"""Rotation: a fresh store is built in full beside the active one, and then takes its place.

`Rotation` decides what has to be in the fresh store, and when it is published. `FreshStore` is that
store with its ledger, kept over as many nights as it takes; `OldStore` gives back the text that
Confluence does not; `remove_superseded` makes up for what could not be removed.
"""

from pipeline.run.rotation.rotation import Rotation
from pipeline.run.rotation.superseded import remove_superseded

__all__ = ["Rotation", "remove_superseded"]
