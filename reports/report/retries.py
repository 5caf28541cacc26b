"""Calls a chat model again when its server is busy, fails or cannot be reached.

The same rules hold for every provider: the wait starts at 0.5 s and doubles, a `Retry-After` header
replaces it, and no wait is longer than `report.longest_wait_s`. The providers' own retries are not
used: their longest wait is fixed, OpenAI's waits are drawn at random, and Ollama has no retries.
"""

import re
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING, Any, cast

from zeitgraph.kg.base.errors import ModelError
from zeitgraph.kg.workspace.settings import ReportSettings
from zeitgraph.reports.page.formatting import one_line
from zeitgraph.reports.report.chat_model import without_key

if TYPE_CHECKING:
    from langchain_core.messages import AIMessage, BaseMessage
    from langchain_core.runnables import Runnable

FIRST_WAIT_S = 0.5
"""The wait before the second attempt; it doubles with each further attempt."""

TRANSIENT_STATUS = frozenset({408, 409, 425, 429})
"""HTTP statuses after which a new attempt may succeed, besides 500 and above."""


def invoke_with_retries(
    model: "Runnable[Any, Any]",
    messages: "list[BaseMessage]",
    settings: ReportSettings,
    sleep: Callable[[float], None],
) -> "AIMessage":
    """The raw answer of `model`, after at most `settings.retries` new attempts.

    Raises `ModelError` if the last attempt fails, if a new attempt cannot help (a refused key), or
    if the server asks for a wait longer than `settings.longest_wait_s`.
    """
    wait = FIRST_WAIT_S
    for attempt in range(settings.retries + 1):
        try:
            return cast("AIMessage", model.invoke(messages)["raw"])
        except Exception as error:  # every provider has errors of its own, with no common parent
            retry_after = _retry_after(error)
            pause = wait if retry_after is None else retry_after
            if (
                attempt == settings.retries
                or not _is_transient(error)
                or pause > settings.longest_wait_s
            ):
                raise ModelError(_in_words(error, settings)) from error
        sleep(pause)
        wait = min(wait * 2, settings.longest_wait_s)
    raise AssertionError("the last attempt either returned or raised")


def _is_transient(error: BaseException) -> bool:
    """Whether a new attempt may succeed: by HTTP status, else if the connection failed."""
    import httpx

    if (status := _status(error)) is not None:
        return status in TRANSIENT_STATUS or status >= 500
    return any(isinstance(e, OSError | httpx.TransportError) for e in _causes(error))


def _causes(error: BaseException | None) -> Iterator[BaseException]:
    while error is not None:
        yield error
        error = error.__cause__ or error.__context__


def _status(error: BaseException) -> int | None:
    response = getattr(error, "response", None)
    status = getattr(error, "status_code", None) or getattr(response, "status_code", None)
    return status if isinstance(status, int) else None


def _retry_after(error: BaseException) -> float | None:
    """The wait in seconds that the server asks for, if any (RFC 9110, 10.2.3)."""
    headers = getattr(getattr(error, "response", None), "headers", None) or {}
    value = str(headers.get("retry-after", "")).strip()
    if not value:
        return None
    if re.fullmatch(r"\d+(?:\.\d+)?", value):
        return float(value)
    try:
        return max(0.0, (parsedate_to_datetime(value) - datetime.now(UTC)).total_seconds())
    except (TypeError, ValueError):
        return None


def _in_words(error: BaseException, settings: ReportSettings) -> str:
    status = _status(error)
    kind = f"HTTP {status}" if status else type(error).__name__
    return without_key(f"{kind}: {one_line(str(error))[:200]}", settings)
