"""Forms of the catalogue, ratings, imports and the account."""

from collections.abc import Iterator
from typing import Any
from urllib.parse import urlencode

from django import forms
from django.contrib.auth.models import AnonymousUser
from django.http import QueryDict

from movies.account_forms import checked_password, password_field
from movies.models import Genre, User
from movies.selectors import Browse, Mine, RatingSort, Sort
from movies.selectors.ratings import RatingFilters, StarsRange
from movies.transfer import reading
from movies.transfer.cells import SCALES
from movies.transfer.entries import MOST_BYTES, Options, Sheet, UnreadableError
from movies.transfer.layouts import FIELDS, LAYOUTS, OTHER
from movies.transfer.preview import Preview

SORT_NAMES = {
    Sort.POPULAR: "Most rated",
    Sort.RATING: "Best rated",
    Sort.NEWEST: "Newest first",
    Sort.OLDEST: "Oldest first",
    Sort.TITLE: "Title, A to Z",
}
MINE_NAMES = {
    Mine.NEW: "New to you",
    Mine.SEEN: "Seen",
    Mine.HIDDEN: "Not interested",
}
RATING_SORT_NAMES = {
    RatingSort.LATEST: "Recently rated",
    RatingSort.BEST: "Highest rated",
    RatingSort.WORST: "Lowest rated",
    RatingSort.TITLE: "Title, A to Z",
}
COLUMNS_TO_NAME = ("title", "year", "rating", "at", "type", "imdb", "tmdb", "movielens")
STARS_NAMES = {
    StarsRange.HIGH: "4 stars or more",
    StarsRange.MIDDLE: "2½ to 3½ stars",
    StarsRange.LOW: "2 stars or less",
}


def year_field(label: str) -> forms.IntegerField:
    return forms.IntegerField(label=label, min_value=1870, max_value=2100, required=False)


class BrowseForm(forms.Form):
    """Filters of the catalogue. Invalid values in the URL are ignored."""

    q = forms.CharField(label="Title", required=False, max_length=200)
    genre = forms.ModelMultipleChoiceField(
        Genre.objects.all(), to_field_name="slug", required=False, widget=forms.CheckboxSelectMultiple
    )
    year_from = year_field("From")
    year_to = year_field("To")
    tag = forms.CharField(label="Tag", required=False, max_length=255)
    min_ratings = forms.TypedChoiceField(
        label="Minimum ratings",
        choices=[("", "any"), (10, "10"), (50, "50"), (100, "100"), (1000, "1,000")],
        coerce=int,
        empty_value=None,
        required=False,
    )
    sort = forms.TypedChoiceField(
        choices=list(SORT_NAMES.items()), coerce=Sort, required=False, empty_value=Sort.POPULAR
    )

    mine = forms.TypedChoiceField(
        label="Your movies", choices=[("", "All"), *MINE_NAMES.items()], coerce=Mine, required=False, empty_value=None
    )

    def __init__(self, data: QueryDict, user: User | AnonymousUser) -> None:
        super().__init__(data, auto_id="browse-%s")
        self.user = user
        if not isinstance(user, User):
            del self.fields["mine"]
        self.is_valid()

    def filters(self) -> Browse:
        values: dict[str, Any] = self.cleaned_data
        return Browse(
            text=values.get("q", ""),
            genres=tuple(genre.slug for genre in values.get("genre", ())),
            tag=values.get("tag", ""),
            year_from=values.get("year_from"),
            year_to=values.get("year_to"),
            min_ratings=values.get("min_ratings"),
            sort=values.get("sort", Sort.POPULAR),
            mine=values.get("mine"),
            member=self.user.pk,
        )

    def query(self) -> list[tuple[str, str]]:
        """Return the filters as parameters of a query string."""
        filters = self.filters()
        pairs: list[tuple[str, object]] = [("q", filters.text), *(("genre", slug) for slug in filters.genres)]
        pairs += [("year_from", filters.year_from), ("year_to", filters.year_to), ("tag", filters.tag)]
        pairs += [("min_ratings", filters.min_ratings), ("mine", filters.mine)]
        pairs += [("sort", filters.sort)] if filters.sort != Sort.POPULAR else []
        return [(name, str(value)) for name, value in pairs if value]

    def chips(self) -> Iterator[tuple[str, str]]:
        """Yield the label of each active filter, with the query string that removes it."""
        filters, pairs = self.filters(), self.query()
        genre_names = {genre.slug: genre.name for genre in self.cleaned_data.get("genre", ())}
        labels = {
            "q": f"“{filters.text}”",
            "year_from": f"from {filters.year_from}",
            "year_to": f"to {filters.year_to}",
            "tag": f"tagged “{filters.tag}”",
            "min_ratings": f"{filters.min_ratings}+ ratings",
            "mine": MINE_NAMES[filters.mine].lower() if filters.mine else "",
        }
        for pair in pairs:
            if pair[0] != "sort":
                label = labels.get(pair[0]) or genre_names[pair[1]]
                yield label, urlencode([other for other in pairs if other != pair])


class RatingsForm(forms.Form):
    """Filters and order of a member's own ratings."""

    q = forms.CharField(required=False, max_length=200)
    stars = forms.TypedChoiceField(
        choices=[("", "Any stars"), *STARS_NAMES.items()], coerce=StarsRange, required=False, empty_value=None
    )
    genre = forms.ModelChoiceField(Genre.objects.all(), to_field_name="slug", required=False, empty_label="All genres")
    sort = forms.TypedChoiceField(
        choices=list(RATING_SORT_NAMES.items()), coerce=RatingSort, required=False, empty_value=RatingSort.LATEST
    )

    def __init__(self, data: QueryDict) -> None:
        super().__init__(data, auto_id="ratings-%s")
        self.is_valid()

    def filters(self) -> RatingFilters:
        values: dict[str, Any] = self.cleaned_data
        return RatingFilters(
            text=values.get("q", ""),
            stars=values.get("stars"),
            genre=values.get("genre"),
            sort=values.get("sort", RatingSort.LATEST),
        )

    def query(self) -> str:
        """Return the filters as a query string."""
        filters = self.filters()
        genre = filters.genre.slug if filters.genre else ""
        sort = filters.sort if filters.sort != RatingSort.LATEST else ""
        pairs = [("q", filters.text), ("stars", filters.stars), ("genre", genre), ("sort", sort)]
        return urlencode([(name, value) for name, value in pairs if value])


class RatingForm(forms.Form):
    """A rating in half stars; an empty value removes the rating."""

    half_stars = forms.TypedChoiceField(
        choices=[("", "no rating"), *((str(n), f"{n / 2:g} stars") for n in range(1, 11))],
        coerce=int,
        empty_value=None,
        required=False,
    )

    def clean_half_stars(self) -> int | None:
        if "half_stars" not in self.data:
            raise forms.ValidationError("Choose a rating.")
        half_stars: int | None = self.cleaned_data["half_stars"]
        return half_stars


class UploadForm(forms.Form):
    """Upload of an export; the cleaned `file` is its name, its bytes and the parsed `Sheet`."""

    file = forms.FileField(
        label="Zip, JSON or CSV file", widget=forms.FileInput(attrs={"accept": ".zip,.json,.csv,.tsv,.txt,text/csv"})
    )

    def clean_file(self) -> tuple[str, bytes, Sheet]:
        upload = self.cleaned_data["file"]
        if upload.size > MOST_BYTES:
            raise forms.ValidationError(
                f"The file is larger than {MOST_BYTES // 1_000_000} MB. Split it and import the parts."
            )
        data = upload.read()
        try:
            sheet = reading.read(data, upload.name)
        except UnreadableError as error:
            raise forms.ValidationError(str(error)) from error
        if not (sheet.entries or sheet.rejected or sheet.set_aside or sheet.unrated):
            raise forms.ValidationError("There is nothing in this file. Choose an export of your ratings.")
        return upload.name, data, sheet


class ReadAgainForm(forms.Form):
    """How the file of a preview is read: the layout and, for a CSV of an unknown site, its columns and scale."""

    layout = forms.ChoiceField(
        label="Read as", choices=[(layout.key, layout.name) for layout in LAYOUTS if not layout.documents]
    )

    def __init__(self, data: QueryDict | None = None, *, preview: Preview) -> None:
        super().__init__(data, auto_id="read-%s", initial={"layout": preview.layout, "scale": preview.options["scale"]})
        self.preview = preview
        if preview.layout == OTHER.key:
            self._add_columns()

    def _add_columns(self) -> None:
        self.fields["scale"] = forms.TypedChoiceField(
            label="Best rating",
            choices=[("", "Find out from the values"), *((points, name) for points, name in SCALES.items())],
            coerce=int,
            empty_value=None,
            required=False,
        )
        header = self.preview.header
        guessed = {name: header[places[0]] for name, places in OTHER.places(header).items()}
        named = self.preview.options["columns"] or guessed
        choices = [("", "not in the file"), *((column, column) for column in dict.fromkeys(filter(None, header)))]
        for name, label in FIELDS.items():
            if name in COLUMNS_TO_NAME:
                self.fields[f"column-{name}"] = forms.ChoiceField(
                    label=f"Column: {label}", choices=choices, required=False, initial=named.get(name, "")
                )

    def options(self) -> Options:
        """Return what the member chose; invalid values count as not chosen."""
        self.is_valid()
        values = self.cleaned_data
        columns = {name: values[f"column-{name}"] for name in COLUMNS_TO_NAME if values.get(f"column-{name}")}
        return Options(values.get("layout", self.preview.layout), values.get("scale"), columns)


class LeaveForm(forms.Form):
    """Deletion of an account, confirmed by typing its username."""

    name = forms.CharField(label="Your username", widget=forms.TextInput(attrs={"autocomplete": "off"}))

    password = password_field()

    def __init__(self, *args: Any, user: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.user = user
        self.username = user.username

    def clean_name(self) -> str:
        if self.cleaned_data["name"] != self.username:
            raise forms.ValidationError("That is not your username.")
        return self.username

    def clean_password(self) -> str:
        return checked_password(self.user, self.cleaned_data["password"])
