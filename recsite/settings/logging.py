"""The logging configuration. Imports nothing of recsite, because settings load before everything else."""

from typing import Any


def logging_config(log_format: str, level: str) -> dict[str, Any]:
    """Return `LOGGING` with one handler to standard error, in the format `line` or `json`."""
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
        # py4j, the bridge to Spark, logs every connection.
        "loggers": {"py4j": {"level": "WARNING"}},
        "root": {"handlers": ["stderr"], "level": level},
    }
