"""Celery's broker options. Imports nothing of recsite, because settings load before everything else."""

from pathlib import Path
from typing import Any
from urllib.parse import urlsplit


def transport_options(url: str, folder: Path) -> dict[str, Any]:
    """Return Celery's transport options; a file-system broker is stored in `folder` unless its URL names another."""
    if not url.startswith("filesystem:"):
        # A hanging broker must not block a page: the request gives up within two seconds.
        return {"socket_timeout": 1, "socket_connect_timeout": 1, "max_retries": 0}
    broker = Path(urlsplit(url).path or folder)
    for name in ("messages", "control"):
        (broker / name).mkdir(parents=True, exist_ok=True)
    messages = str(broker / "messages")
    return {"data_folder_in": messages, "data_folder_out": messages, "control_folder": str(broker / "control")}
