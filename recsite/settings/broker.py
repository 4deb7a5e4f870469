"""How Celery reaches its broker; imports nothing of ours, since the settings are read before anything else."""

from pathlib import Path
from typing import Any
from urllib.parse import urlsplit


def transport_options(url: str, folder: Path) -> dict[str, Any]:
    """Celery's options for a broker; one in the file system lies in `folder` unless the address names another."""
    if not url.startswith("filesystem:"):
        # A broker that hangs must not hold a page: the request gives up within two seconds.
        return {"socket_timeout": 1, "socket_connect_timeout": 1, "max_retries": 0}
    broker = Path(urlsplit(url).path or folder)
    for name in ("messages", "control"):
        (broker / name).mkdir(parents=True, exist_ok=True)
    messages = str(broker / "messages")
    return {"data_folder_in": messages, "data_folder_out": messages, "control_folder": str(broker / "control")}
