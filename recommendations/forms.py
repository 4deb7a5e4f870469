"""How visitors steer their recommendations."""

from typing import Any

from django import forms

from movies.forms import year_field
from movies.models import Genre
from recommendations.services import Filters


class SteeringForm(forms.Form):
    """What may appear.  What is not valid in an address is as good as not there."""

    genre = forms.ModelChoiceField(Genre.objects.all(), to_field_name="slug", required=False, empty_label="All genres")
    year_from = year_field("From")
    year_to = year_field("To")

    def __init__(self, data: Any) -> None:
        super().__init__(data, auto_id="steer-%s")
        self.is_valid()

    def filters(self) -> Filters:
        found = self.cleaned_data
        genre = found.get("genre")
        return Filters(
            genres=frozenset([genre.pk] if genre else []),
            year_from=found.get("year_from"),
            year_to=found.get("year_to"),
        )

    def query(self) -> list[tuple[str, str]]:
        """What is asked for, as the pairs of an address."""
        return [(name, str(self.data[name])) for name in self.cleaned_data if self.cleaned_data[name]]
