"""Changed copies of a backup."""

import hashlib
import json
import zipfile
from collections.abc import Callable
from pathlib import Path

from recommendations.backups import container

Change = Callable[[bytes], bytes]


def rewrite(
    source: Path,
    target: Path,
    *,
    change: dict[str, Change] | None = None,
    add: tuple[str, ...] = (),
    leave_out: tuple[str, ...] = (),
    consistent: bool = False,
) -> None:
    """Copy a backup with some members changed, added or left out; its manifest agrees if `consistent`."""
    with zipfile.ZipFile(source) as old, zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as new:
        contents = {name: old.read(name) for name in old.namelist() if name not in leave_out}
        for name, by in (change or {}).items():
            contents[name] = by(contents[name])
        if consistent:
            manifest = json.loads(contents[container.MANIFEST])
            for name in change or {}:
                digest = hashlib.sha256(contents[name]).hexdigest()
                manifest["members"][name] = {"length": len(contents[name]), "sha256": digest}
            contents[container.MANIFEST] = json.dumps(manifest).encode()
        for name, content in contents.items():
            new.writestr(name, content)
        for name in add:
            new.writestr(name, b"")
