"""What a run reports: counts, exit code, log, progress, and the JSON report.

`report` counts, with `first_rows` of what may have no end; `exit_codes` has the codes;
`log`, `progress` and `results` write to the log, `save` writes the report, `otel` pushes the counts
to a collector; `redact` keeps secrets and the text of pages out of all of them.
"""

from pipeline.report.exit_codes import ExitCode
from pipeline.report.log import set_up_logging
from pipeline.report.otel import push_figures
from pipeline.report.progress import Progress
from pipeline.report.redact import to_short
from pipeline.report.report import Report
from pipeline.report.results import show_hits, show_stale
from pipeline.report.save import TERMINATION_LOG, save_report

__all__ = [
    "TERMINATION_LOG",
    "ExitCode",
    "Progress",
    "Report",
    "push_figures",
    "save_report",
    "set_up_logging",
    "show_hits",
    "show_stale",
    "to_short",
]
