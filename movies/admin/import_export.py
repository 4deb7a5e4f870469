"""Rows of the catalogue as files that go out of the admin and come in."""

from typing import Any, ClassVar

from django.utils.html import escape, format_html
from import_export import fields, resources, widgets
from import_export.formats.base_formats import CSV, JSON

from movies.models import Genre, Movie, Tag
from movies.transfer.csv_escaping import harmless, original

FORMATS = (CSV, JSON)


class TextWidget(widgets.CharWidget):
    """A text in which no spreadsheet finds a formula."""

    def clean(self, value: Any, row: Any = None, **kwargs: Any) -> Any:
        cleaned = super().clean(value, row, **kwargs)
        return original(cleaned) if isinstance(cleaned, str) else cleaned

    def render(self, value: Any, obj: Any = None, **kwargs: Any) -> Any:
        return harmless(str(value)) if value is not None else ""


class Change(resources.Diff):
    """Old and new values side by side; the package's own picture of it colours by styles that our policy forbids."""

    def as_html(self) -> list[str]:
        return [self._cell(str(old), str(new)) for old, new in zip(self.left, self.right, strict=True)]

    def _cell(self, old: str, new: str) -> str:
        if old == new:
            return escape(new)
        return format_html("<ins>{}</ins>" if self.new or not old else "<del>{1}</del> <ins>{0}</ins>", new, old)


class CatalogueResource(resources.ModelResource):
    """What all have in common: rows are found by id, checked as in a form, and left alone if nothing changes."""

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
    genres = fields.Field(
        attribute="genres", column_name="genres", widget=widgets.ManyToManyWidget(Genre, separator="|", field="name")
    )

    class Meta(CatalogueResource.Meta):
        model = Movie
        fields = ("id", "title", "alternative_title", "year", "genres", "imdb_id", "tmdb_id", "movielens_id")
        export_order = fields


class GenreResource(CatalogueResource):
    class Meta(CatalogueResource.Meta):
        model = Genre
        fields = ("id", "name", "slug")


class TagResource(CatalogueResource):
    class Meta(CatalogueResource.Meta):
        model = Tag
        fields = ("id", "name")
