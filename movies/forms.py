"""What visitors fill in."""

from collections.abc import Iterator
from typing import Any
from urllib.parse import urlencode

from django import forms
from django.http import QueryDict

from movies.models import Genre
from movies.selectors import Browse, RatingSort, Sort
from movies.selectors.ratings import RatingsWanted, StarsRange
from movies.transfer import ratings_csv

SORT_NAMES = {
    Sort.POPULAR: "Most rated",
    Sort.RATING: "Best rated",
    Sort.NEWEST: "Newest first",
    Sort.OLDEST: "Oldest first",
    Sort.TITLE: "Title, A to Z",
}
RATING_SORT_NAMES = {
    RatingSort.LATEST: "Last rated",
    RatingSort.BEST: "My best first",
    RatingSort.WORST: "My worst first",
    RatingSort.TITLE: "Title, A to Z",
}
STARS_NAMES = {
    StarsRange.HIGH: "4 stars and more",
    StarsRange.MIDDLE: "2½ to 3½ stars",
    StarsRange.LOW: "2 stars and less",
}


def year_field(label: str) -> forms.IntegerField:
    return forms.IntegerField(label=label, min_value=1870, max_value=2100, required=False)


class BrowseForm(forms.Form):
    """The filters of the catalogue.  What is not valid in an address is as good as not there."""

    q = forms.CharField(label="Title", required=False, max_length=200)
    genre = forms.ModelMultipleChoiceField(
        Genre.objects.all(), to_field_name="slug", required=False, widget=forms.CheckboxSelectMultiple
    )
    year_from = year_field("From")
    year_to = year_field("To")
    tag = forms.CharField(label="Tag", required=False, max_length=255)
    min_ratings = forms.TypedChoiceField(
        label="Rated by at least",
        choices=[("", "anybody"), (10, "10 people"), (50, "50 people"), (100, "100 people"), (1000, "1,000 people")],
        coerce=int,
        empty_value=None,
        required=False,
    )
    sort = forms.TypedChoiceField(
        choices=list(SORT_NAMES.items()), coerce=Sort, required=False, empty_value=Sort.POPULAR
    )

    def __init__(self, data: QueryDict) -> None:
        super().__init__(data, auto_id="browse-%s")
        self.is_valid()

    def wanted(self) -> Browse:
        found: dict[str, Any] = self.cleaned_data
        return Browse(
            text=found.get("q", ""),
            genres=tuple(genre.slug for genre in found.get("genre", ())),
            tag=found.get("tag", ""),
            year_from=found.get("year_from"),
            year_to=found.get("year_to"),
            min_ratings=found.get("min_ratings"),
            sort=found.get("sort", Sort.POPULAR),
        )

    def query(self) -> list[tuple[str, str]]:
        """What is filtered by, as the pairs of an address."""
        wanted = self.wanted()
        pairs: list[tuple[str, object]] = [("q", wanted.text), *(("genre", slug) for slug in wanted.genres)]
        pairs += [("year_from", wanted.year_from), ("year_to", wanted.year_to), ("tag", wanted.tag)]
        pairs += [("min_ratings", wanted.min_ratings)]
        pairs += [("sort", wanted.sort)] if wanted.sort != Sort.POPULAR else []
        return [(name, str(value)) for name, value in pairs if value]

    def chips(self) -> Iterator[tuple[str, str]]:
        """Each filter in words, with the query that is left without it."""
        wanted, pairs = self.wanted(), self.query()
        names = {genre.slug: genre.name for genre in self.cleaned_data.get("genre", ())}
        words = {
            "q": f"“{wanted.text}”",
            "year_from": f"from {wanted.year_from}",
            "year_to": f"to {wanted.year_to}",
            "tag": f"tagged “{wanted.tag}”",
            "min_ratings": f"{wanted.min_ratings}+ ratings",
        }
        for pair in pairs:
            if pair[0] != "sort":
                yield words.get(pair[0]) or names[pair[1]], urlencode([other for other in pairs if other != pair])


class RatingsForm(forms.Form):
    """Which of one's own ratings to see, and in which order."""

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

    def wanted(self) -> RatingsWanted:
        found: dict[str, Any] = self.cleaned_data
        return RatingsWanted(
            text=found.get("q", ""),
            stars=found.get("stars"),
            genre=found.get("genre"),
            sort=found.get("sort", RatingSort.LATEST),
        )

    def query(self) -> str:
        """What is asked for, as an address says it."""
        wanted = self.wanted()
        genre = wanted.genre.slug if wanted.genre else ""
        sort = wanted.sort if wanted.sort != RatingSort.LATEST else ""
        pairs = [("q", wanted.text), ("stars", wanted.stars), ("genre", genre), ("sort", sort)]
        return urlencode([(name, value) for name, value in pairs if value])


class RatingForm(forms.Form):
    """A rating in half stars; an empty one takes the rating back."""

    half_stars = forms.TypedChoiceField(
        choices=[("", "no rating"), *((str(n), f"{n / 2:g} stars") for n in range(1, 11))],
        coerce=int,
        empty_value=None,
        required=False,
    )

    def clean_half_stars(self) -> int | None:
        if "half_stars" not in self.data:
            raise forms.ValidationError("Say how many half stars.")
        half_stars: int | None = self.cleaned_data["half_stars"]
        return half_stars


class UploadForm(forms.Form):
    """A CSV of ratings; its cleaned `file` is what it holds."""

    file = forms.FileField(label="CSV file", widget=forms.FileInput(attrs={"accept": ".csv,text/csv"}))

    def clean_file(self) -> ratings_csv.Sheet:
        upload = self.cleaned_data["file"]
        if upload.size > ratings_csv.MOST_BYTES:
            raise forms.ValidationError(f"The file is larger than {ratings_csv.MOST_BYTES // 1_000_000} MB.")
        try:
            sheet = ratings_csv.read(upload.read())
        except ratings_csv.UnreadableError as error:
            raise forms.ValidationError(str(error)) from error
        if not sheet.lines:
            raise forms.ValidationError("There is no rating in this file.")
        return sheet


class LeaveForm(forms.Form):
    """Somebody's name, typed once more, so that no account is deleted by accident."""

    name = forms.CharField(label="Your username", widget=forms.TextInput(attrs={"autocomplete": "off"}))

    def __init__(self, *args: Any, username: str, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.username = username

    def clean_name(self) -> str:
        if self.cleaned_data["name"] != self.username:
            raise forms.ValidationError("That is not your username.")
        return self.username
