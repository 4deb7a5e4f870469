"""Forms that filter and steer recommendations."""

from typing import Any

from django import forms

from movies.forms import year_field
from movies.models import Genre, Tag
from movies.selectors import tags
from recommendations.serving.recommend import Filters, Steering, wishes

STEP = 0.25
GENRES = ("more", "less")
TAGS = ("more_tag", "less_tag")
LABELS = (*GENRES, *TAGS)
MOST_TAGS = 20


class SliderField(forms.FloatField):
    """A slider between two poles; zero or no value changes nothing."""

    def __init__(self, low: str, high: str, *, least: float = -1.0) -> None:
        attributes = {"step": STEP, "min": f"{least:g}", "max": "1"}
        super().__init__(min_value=least, max_value=1, required=False, widget=Slider(attributes))
        self.low, self.high = low, high


class Slider(forms.NumberInput):
    input_type = "range"

    def format_value(self, value: Any) -> str:
        return str(value or 0)


class TagsField(forms.Field):
    """Tags by name, one input each; names without a tag are collected in `unknown`."""

    widget = forms.MultipleHiddenInput

    def __init__(self) -> None:
        super().__init__(required=False)
        self.unknown: list[str] = []

    def clean(self, value: Any) -> list[Tag]:
        names = [name for name in value or () if name.strip() and "\0" not in name][:MOST_TAGS]
        known = tags.tags_named(names)
        keys = {tag.key for tag in known}
        self.unknown = [name for name in names if Tag.key_of(name) not in keys]
        return known


class SteeringForm(forms.Form):
    """Filters and steering from the query string; invalid values are ignored."""

    popularity = SliderField("hidden gems", "well known")
    recency = SliderField("older", "newer")
    diversity = SliderField("safe", "surprising", least=0.0)
    genre = forms.ModelChoiceField(Genre.objects.all(), to_field_name="slug", required=False, empty_label="All genres")
    year_from = year_field("From")
    year_to = year_field("To")
    include_seen = forms.BooleanField(required=False, label="Also movies I've seen")
    more = forms.ModelMultipleChoiceField(
        Genre.objects.all(), to_field_name="slug", required=False, widget=forms.CheckboxSelectMultiple
    )
    less = forms.ModelMultipleChoiceField(
        Genre.objects.all(), to_field_name="slug", required=False, widget=forms.CheckboxSelectMultiple
    )

    more_tag = TagsField()
    less_tag = TagsField()

    def __init__(self, data: Any) -> None:
        super().__init__(data, auto_id="steer-%s")
        self.is_valid()

    def sliders(self) -> list[forms.BoundField]:
        return [self[name] for name, field in self.fields.items() if isinstance(field, SliderField)]

    def narrows(self) -> bool:
        """Return whether genres, tags or years are set."""
        steering = self.steering()
        return bool(self.filters() or steering.genres or steering.tags or self.unknown_tags())

    def unknown_tags(self) -> list[str]:
        """Return the names that no tag has."""
        return [name for field in self.fields.values() if isinstance(field, TagsField) for name in field.unknown]

    def filters(self) -> Filters:
        data = self.cleaned_data
        genre = data.get("genre")
        return Filters(
            genres=frozenset([genre.pk] if genre else []),
            year_from=data.get("year_from"),
            year_to=data.get("year_to"),
            include_seen=bool(data.get("include_seen")),
        )

    def steering(self) -> Steering:
        data = self.cleaned_data
        return Steering(
            popularity=data.get("popularity") or 0.0,
            recency=data.get("recency") or 0.0,
            diversity=data.get("diversity") or 0.0,
            genres=wishes(data.get("more", ()), data.get("less", ())),
            tags=wishes(data.get("more_tag", ()), data.get("less_tag", ())),
        )

    def query(self) -> list[tuple[str, str]]:
        """Return the valid values as parameters of a query string."""
        data = self.cleaned_data
        pairs = [(name, str(self.data[name])) for name in data if data[name] and name not in LABELS]
        pairs += [(name, genre.slug) for name in GENRES for genre in data.get(name, ())]
        return pairs + [(name, tag.name) for name in TAGS for tag in data.get(name, ())]
