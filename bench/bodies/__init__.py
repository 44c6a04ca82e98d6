"""What the second body of a page costs.

Inside: `storage_form` derives a storage format from a rendered body, `site` serves both, the
program measures.
"""

from bench.bodies.storage_form import to_storage

__all__ = ["to_storage"]
