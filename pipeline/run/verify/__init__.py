"""Whether the store really holds what it should.

`Canaries` looks up a few pages of earlier runs, `Verification` what this run has written.
"""

from pipeline.run.verify.canaries import Canaries
from pipeline.run.verify.written import Verification

__all__ = ["Canaries", "Verification"]
