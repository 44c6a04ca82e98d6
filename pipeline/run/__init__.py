"""One run, from settings to exit code: the only stage that imports all the others.

`start` runs a program's job; `SYNC`, `INGEST` and `CHECK` say what differs between the programs.
All that is exported here is light: `start` imports the stages after it has checked the settings.
"""

from pipeline.run.programs import CHECK, INGEST, SYNC
from pipeline.run.start import start

__all__ = ["CHECK", "INGEST", "SYNC", "start"]
