"""Storage of static files for production, with stylesheets as small as browsers need them."""

import re
from typing import Any

from django.core.files.base import ContentFile
from whitenoise.storage import CompressedManifestStaticFilesStorage

_COMMENT = re.compile(r"/\*.*?\*/", re.DOTALL)
_AROUND_SIGNS = re.compile(r"\s*([{};,])\s*")


def minified(css: str) -> str:
    """Return a stylesheet without comments and without white space that means nothing."""
    return _AROUND_SIGNS.sub(r"\1", " ".join(_COMMENT.sub("", css).split())).replace(";}", "}")


class StaticFilesStorage(CompressedManifestStaticFilesStorage):
    def _save(self, name: str, content: Any) -> str:
        if name.endswith(".css") and ".min." not in name:
            content = ContentFile(minified(content.read().decode()).encode())
        saved: str = super()._save(name, content)
        return saved
