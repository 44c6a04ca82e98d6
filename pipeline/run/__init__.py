"""One run, from settings to exit code: the only stage that imports all the others.

`start` runs a program's job; `SYNC`, `INGEST` and `CHECK` are what differs between the programs.
Everything exported here is light: the stages are imported once the settings are checked.

Inside: `execute` opens both ends around a program's job, whose steps are in `steps`; `scope`,
`admission`, `inclusions`, `plan/` and `deletions` decide about pages; `read/` and `write/` move
them; `collection` is the other end, which `verify/` checks and `rotation/` replaces; `stop` and
`threads` keep a run interruptible.
"""

from pipeline.run.programs import CHECK, INGEST, SYNC
from pipeline.run.start import start

__all__ = ["CHECK", "INGEST", "SYNC", "start"]
