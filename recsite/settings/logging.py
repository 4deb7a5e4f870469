"""How Django is told to log; imports nothing of ours, since the settings are read before anything else."""

from typing import Any


def logging_of(log_format: str, level: str) -> dict[str, Any]:
    """`LOGGING` with one handler, to standard error, in the format `line` or `json`."""
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "formatters": {
            "line": {
                "()": "recsite.operations.logs.LineFormatter",
                "format": "{asctime} {levelname} {name}: {message}",
                "style": "{",
            },
            "json": {"()": "recsite.operations.logs.JSONFormatter"},
        },
        "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": log_format}},
        # Spark's bridge tells of every connection.
        "loggers": {"py4j": {"level": "WARNING"}},
        "root": {"handlers": ["stderr"], "level": level},
    }
