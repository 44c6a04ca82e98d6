"""Whether the store really holds what it should.

`Canaries` looks up a few pages of earlier runs, `Verification` what this run has written; `answer`
asks a question.
"""

from pipeline.run.verify.canaries import Canaries
from pipeline.run.verify.question import answer
from pipeline.run.verify.written import Verification

__all__ = ["Canaries", "Verification", "answer"]
