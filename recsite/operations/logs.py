"""Log formatters: one JSON object per line for programs, plain lines for people."""

import json
import logging
from datetime import UTC, datetime
from typing import Any

from recsite.operations.requests import request_id


class JSONFormatter(logging.Formatter):
    """Format time, level, logger, message, the request's id, and the `fields` passed as `extra`."""

    def format(self, record: logging.LogRecord) -> str:
        line: dict[str, Any] = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname,
            "logger": record.name,
            "message": record.getMessage(),
        }
        if request_id.get():
            line["request"] = request_id.get()
        line |= getattr(record, "fields", {})
        if record.exc_info:
            line["trace"] = self.formatException(record.exc_info)
        return json.dumps(line, default=str, ensure_ascii=False)


class LineFormatter(logging.Formatter):
    """Format the same content as a readable line."""

    def format(self, record: logging.LogRecord) -> str:
        line = super().format(record)
        fields = " ".join(f"{name}={value}" for name, value in getattr(record, "fields", {}).items())
        head, _, rest = line.partition("\n")
        suffix = f" [{request_id.get()}]" if request_id.get() else ""
        return f"{head}{suffix}{' ' if fields else ''}{fields}" + (f"\n{rest}" if rest else "")
