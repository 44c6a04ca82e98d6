"""HTTP for both ends: one session policy, retries, and failures in words.

`session` opens sessions that stay on one host; `waiting` ends every wait when the run ends;
`background` makes calls beside the thread that waits for them; `bounded` reads and saves answers
of bounded size; `retry` holds the policy of waits and attempts, `route` remembers a route that
fails every time, `retry_after` reads the wait that a server asks for; `causes` explains why no
answer came; `error_text` quotes the message of an error answer.
"""

from pipeline.http.background import fulfil, in_background, in_new_thread, is_done
from pipeline.http.bounded import (
    EncodingError,
    SavingError,
    TooBigError,
    join_bounded,
    read_answer,
    save_answer,
)
from pipeline.http.causes import NO_ANSWER, PROXY_LOGIN, Cause, to_cause
from pipeline.http.error_text import is_html, quote, to_error_text, to_redirect_text
from pipeline.http.retry import (
    CONFLUENCE_RETRY,
    VECTOR_RETRY,
    RequestError,
    Retries,
    RetryPolicy,
    Wait,
    is_passing_status,
)
from pipeline.http.retry_after import to_moment, to_retry_after
from pipeline.http.route import FAILURES_IN_A_ROW, Route
from pipeline.http.session import (
    BasicAuth,
    BearerAuth,
    CaBundleError,
    is_loopback,
    open_session,
    open_tls,
    warn_of_plain_http,
)
from pipeline.http.waiting import StoppedWaitingError, Waiting

__all__ = [
    "CONFLUENCE_RETRY",
    "FAILURES_IN_A_ROW",
    "NO_ANSWER",
    "PROXY_LOGIN",
    "VECTOR_RETRY",
    "BasicAuth",
    "BearerAuth",
    "CaBundleError",
    "Cause",
    "EncodingError",
    "RequestError",
    "Retries",
    "RetryPolicy",
    "Route",
    "SavingError",
    "StoppedWaitingError",
    "TooBigError",
    "Wait",
    "Waiting",
    "fulfil",
    "in_background",
    "in_new_thread",
    "is_done",
    "is_html",
    "is_loopback",
    "is_passing_status",
    "join_bounded",
    "open_session",
    "open_tls",
    "quote",
    "read_answer",
    "save_answer",
    "to_cause",
    "to_error_text",
    "to_moment",
    "to_redirect_text",
    "to_retry_after",
    "warn_of_plain_http",
]
