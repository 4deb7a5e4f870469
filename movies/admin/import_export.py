"""Import and export of catalogue tables in the admin, as CSV and JSON."""

import base64
import json
from typing import Any, ClassVar

from django.core.exceptions import BadRequest, ValidationError
from django.utils.html import escape, format_html
from import_export import fields, resources, widgets
from import_export.formats.base_formats import CSV, JSON
from import_export.tmp_storages import CacheStorage

from movies.models import Genre, Movie, Tag
from movies.transfer.csv_escaping import escape_formula, unescape_formula


class ObjectsJson(JSON):
    """JSON as this site exports it: a list of objects with the same names."""

    def create_dataset(self, in_stream: Any, **kwargs: Any) -> Any:
        rows = json.loads(in_stream)
        if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
            raise ValueError("The file must be a list of objects, as an export is.")
        if any(row.keys() != rows[0].keys() for row in rows):
            raise ValueError("All objects must have the same names.")
        return super().create_dataset(in_stream, **kwargs)


class UploadStorage(CacheStorage):
    """Keep an upload between preview and import in the cache, which all web processes share and which stores text."""

    def save(self, data: bytes) -> None:
        super().save(base64.b64encode(data).decode())

    def read(self) -> str | bytes:
        data = super().read()
        if not isinstance(data, str):
            raise BadRequest("The uploaded file is no longer there. Upload it again.")
        uploaded = base64.b64decode(data)
        return uploaded.decode(self.encoding or "utf-8-sig") if "b" not in self.read_mode else uploaded


FORMATS = (CSV, ObjectsJson)


class TextWidget(widgets.CharWidget):
    """Text that spreadsheets do not evaluate as a formula."""

    def clean(self, value: Any, row: Any = None, **kwargs: Any) -> Any:
        cleaned = super().clean(value, row, **kwargs)
        return unescape_formula(cleaned) if isinstance(cleaned, str) else cleaned

    def render(self, value: Any, obj: Any = None, **kwargs: Any) -> Any:
        return escape_formula(str(value)) if value is not None else ""


class GenresWidget(widgets.ManyToManyWidget):
    """Names of genres, separated by bars."""

    def __init__(self) -> None:
        super().__init__(Genre, separator="|", field="name")

    def names(self, cell: Any) -> list[str]:
        parts = (part.strip() for part in str(cell or "").split(self.separator))
        return [unescape_formula(part) for part in parts if part]

    def clean(self, value: Any, row: Any = None, **kwargs: Any) -> Any:
        return Genre.objects.filter(name__in=self.names(value))

    def render(self, value: Any, obj: Any = None, **kwargs: Any) -> str:
        return self.separator.join(escape_formula(genre.name) for genre in value.all()) if value is not None else ""


class Change(resources.Diff):
    """Old and new values in one cell; the package's own diff uses inline styles, which our CSP forbids."""

    def as_html(self) -> list[str]:
        return [self._cell(str(old), str(new)) for old, new in zip(self.left, self.right, strict=True)]

    def _cell(self, old: str, new: str) -> str:
        if old == new:
            return escape(new)
        return format_html("<ins>{}</ins>" if self.new or not old else "<del>{1}</del> <ins>{0}</ins>", new, old)


class CatalogueResource(resources.ModelResource):
    """Base of the resources: rows are matched by id, validated like a form, and skipped if unchanged."""

    WIDGETS_MAP: ClassVar = {
        **resources.ModelResource.WIDGETS_MAP,
        "CharField": TextWidget,
        "SlugField": TextWidget,
    }

    def get_diff_class(self) -> type[Change]:
        return Change

    class Meta:
        import_id_fields = ("id",)
        clean_model_instances = True
        skip_unchanged = True
        report_skipped = True
        use_transactions = True


class MovieResource(CatalogueResource):
    genres = fields.Field(attribute="genres", column_name="genres", widget=GenresWidget())

    class Meta(CatalogueResource.Meta):
        model = Movie
        fields = ("id", "title", "alternative_title", "year", "genres", "imdb_id", "tmdb_id", "movielens_id")
        export_order = fields

    def before_import_row(self, row: Any, **kwargs: Any) -> None:
        """Reject a row with an unknown genre, which the widget would drop."""
        names = self.fields["genres"].widget.names(row.get("genres"))
        known = set(Genre.objects.filter(name__in=names).values_list("name", flat=True))
        if unknown := [name for name in names if name not in known]:
            quoted = ", ".join(f"“{name}”" for name in unknown)
            raise ValidationError({"genres": f"Unknown genre {quoted}. Correct the name, or add the genre first."})


class GenreResource(CatalogueResource):
    class Meta(CatalogueResource.Meta):
        model = Genre
        fields = ("id", "name", "slug")


class TagResource(CatalogueResource):
    class Meta(CatalogueResource.Meta):
        model = Tag
        fields = ("id", "name")
