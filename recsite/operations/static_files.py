"""Storage of static files for production, with minified stylesheets."""

from typing import Any

from django.core.files.base import ContentFile
from rcssmin import cssmin
from whitenoise.storage import CompressedManifestStaticFilesStorage


class StaticFilesStorage(CompressedManifestStaticFilesStorage):
    def _save(self, name: str, content: Any) -> str:
        if name.endswith(".css") and ".min." not in name:
            content.seek(0)
            content = ContentFile(cssmin(content.read().decode()).encode())
        saved: str = super()._save(name, content)
        return saved
