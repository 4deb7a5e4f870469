"""Admin tables of users, movies, ratings, tags, lists and load reports."""

from typing import Any, ClassVar

from django import forms
from django.contrib import admin, messages
from django.contrib.admin.options import IncorrectLookupParameters
from django.contrib.auth.admin import UserAdmin
from django.contrib.auth.forms import UserChangeForm
from django.core.exceptions import BadRequest
from django.db import IntegrityError
from django.db.models import Q, QuerySet
from django.http import HttpRequest
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.html import format_html
from import_export.admin import ImportExportModelAdmin

from movies import selectors
from movies.admin import actions as bulk_actions
from movies.admin.import_export import FORMATS, CatalogueResource, GenreResource, MovieResource, TagResource
from movies.models import LISTS, Genre, Movie, MovieTag, Rating, Tag, User
from movies.models.loads import Load
from movies.selectors import tags
from recsite.admin import LargeTable, ReadOnly

STARS = [(half_stars, "★" * (half_stars // 2) + "½" * (half_stars % 2)) for half_stars in range(1, 11)]
SEARCHED_MOVIES = 50


def linked_ratings(field: str, pk: int) -> str:
    """Return a link to the ratings of a movie or a user."""
    return format_html('<a href="{}?{}={}">Show</a>', reverse("admin:movies_rating_changelist"), field, pk)


class ImportExportTable(ImportExportModelAdmin):
    """A table whose rows can be exported to a file and imported after a preview."""

    import_formats: ClassVar = list(FORMATS)
    export_formats: ClassVar = list(FORMATS)
    skip_export_form = True
    skip_export_form_from_action = True
    resource_classes: ClassVar[list[type[CatalogueResource]]]

    def get_export_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        """Refuse filters that the list does not have; the list itself ignores them, the package's export fails."""
        try:
            rows: QuerySet[Any] = super().get_export_queryset(request)
        except IncorrectLookupParameters:
            raise BadRequest("These filters do not exist. Export from the list.") from None
        return rows

    def process_import(self, request: HttpRequest, **kwargs: Any) -> Any:
        """Check the hidden fields of the preview, which the package takes for valid indices."""
        formats = {str(index) for index in range(len(self.import_formats))}
        if request.POST.get("format", "0") not in formats or request.POST.get("resource", "") not in ("", "0"):
            raise BadRequest("This preview is incomplete. Upload the file again.")
        return super().process_import(request, **kwargs)


class UserForm(UserChangeForm):
    def clean_is_active(self) -> bool:
        active = bool(self.cleaned_data["is_active"])
        if active and self.instance.movielens_id is not None:
            raise forms.ValidationError(
                "This user comes from a MovieLens release and cannot log in; leave it inactive."
            )
        return active


@admin.register(User)
class AccountAdmin(LargeTable, UserAdmin):
    form = UserForm
    list_display = ("username", "email", "movielens_id", "is_active", "is_staff", "date_joined")
    list_filter = ("is_staff", "is_superuser", "is_active", "groups")
    search_fields = ("username__istartswith", "email__istartswith", "=movielens_id")
    ordering = ("-pk",)
    readonly_fields: ClassVar[tuple[str, ...]] = ("movielens_id", "last_login", "date_joined", "ratings_link")
    rating_fields: ClassVar[tuple[str, ...]] = ("movielens_id", "ratings_link")
    actions = (bulk_actions.close_accounts,)

    def changeform_view(self, request: HttpRequest, *args: Any, **options: Any) -> Any:
        """Add or change an account; the database refuses a name that another request takes at the same time."""
        try:
            return super().changeform_view(request, *args, **options)
        except IntegrityError:
            self.message_user(request, "The username or email address has just been taken.", messages.ERROR)
            return redirect(request.get_full_path())

    def get_fieldsets(self, request: HttpRequest, obj: User | None = None) -> Any:
        fieldsets = super().get_fieldsets(request, obj)
        return (*fieldsets, ("Ratings", {"fields": self.rating_fields})) if obj else fieldsets

    @admin.display(description="Ratings")
    def ratings_link(self, user: User) -> str:
        return linked_ratings("user__id__exact", user.pk)


@admin.register(Genre)
class GenreAdmin(ImportExportTable):
    resource_classes: ClassVar = [GenreResource]
    list_display = ("name", "slug")
    search_fields = ("name",)
    prepopulated_fields: ClassVar = {"slug": ("name",)}


@admin.register(Movie)
class MovieAdmin(ImportExportTable, LargeTable):
    resource_classes: ClassVar = [MovieResource]
    actions = (bulk_actions.add_genre, bulk_actions.remove_genre, bulk_actions.merge_selected_movies)
    list_display = ("title", "year", "genre_names", "rating_count", "mean")
    list_filter = ("genres",)
    search_fields = ("search_text",)
    search_help_text = "Words from the title, or the year."
    ordering = ("-rating_count", "pk")
    autocomplete_fields = ("genres",)
    fields = (
        *("title", "alternative_title", "year", "genres", "imdb_id", "tmdb_id", "movielens_id"),
        *("rating_count", "mean", "ratings_link", "page"),
    )
    readonly_fields = ("rating_count", "mean", "ratings_link", "page")

    def get_queryset(self, request: HttpRequest) -> QuerySet[Movie]:
        return super().get_queryset(request).prefetch_related("genres")

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Movie], search_term: str
    ) -> tuple[QuerySet[Movie], bool]:
        matches = selectors.browse(selectors.Browse(text=search_term)).order_by()
        return (queryset.filter(pk__in=matches.values("pk")) if search_term else queryset), False

    def save_related(self, request: HttpRequest, form: Any, formsets: Any, change: bool) -> None:
        super().save_related(request, form, formsets, change)
        if not change:
            messages.info(request, "Visitors can find it now; the model recommends it after the next training.")

    @admin.display(description="Genres")
    def genre_names(self, movie: Movie) -> str:
        return ", ".join(genre.name for genre in movie.genres.all())

    @admin.display(description="Average", ordering="rating_score")
    def mean(self, movie: Movie) -> str:
        return f"{movie.rating_mean:.2f} ★" if movie.rating_mean is not None else "–"

    @admin.display(description="Ratings")
    def ratings_link(self, movie: Movie) -> str:
        return linked_ratings("movie__id__exact", movie.pk) if movie.pk else "–"

    @admin.display(description="Page")
    def page(self, movie: Movie) -> str:
        return format_html('<a href="{}">{}</a>', movie.get_absolute_url(), movie) if movie.pk else "–"


class RatingForm(forms.ModelForm):
    half_stars = forms.TypedChoiceField(label="Stars", choices=STARS, coerce=int)


@admin.register(Rating)
class RatingAdmin(LargeTable):
    form = RatingForm
    list_display = ("movie", "user", "stars", "rated_at")
    list_filter = (("half_stars", admin.ChoicesFieldListFilter),)
    list_select_related = ("movie", "user")
    search_fields = ("user__username",)
    search_help_text = "An exact username, or words from a movie's title."
    ordering = ("-rated_at", "-pk")
    sortable_by = ()
    linked_lookups = ("user__id__exact", "movie__id__exact")
    autocomplete_fields = ("user", "movie")

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Rating], search_term: str
    ) -> tuple[QuerySet[Rating], bool]:
        if not search_term:
            return queryset, False
        # Users and movies are looked up first, so that the ratings can be read by their indexes.
        users = list(User.objects.filter(username=search_term).values_list("pk", flat=True))
        movies = selectors.browse(selectors.Browse(text=search_term)).values_list("pk", flat=True)
        return queryset.filter(Q(user__in=users) | Q(movie__in=list(movies[:SEARCHED_MOVIES]))), False

    @admin.display(description="Stars")
    def stars(self, rating: Rating) -> str:
        return STARS[rating.half_stars - 1][1]


@admin.register(Tag)
class TagAdmin(ImportExportTable, LargeTable):
    resource_classes: ClassVar = [TagResource]
    actions = (bulk_actions.merge_selected_tags,)
    list_display = ("name", "key")
    search_fields = ("key__istartswith",)
    ordering = ("key",)


@admin.register(MovieTag)
class MovieTagAdmin(LargeTable):
    list_display = ("tag", "movie", "user", "tagged_at")
    list_select_related = ("tag", "movie", "user")
    search_fields = ("user__username",)
    search_help_text = "An exact username or tag."
    ordering = ("-pk",)
    sortable_by = ()
    autocomplete_fields = ("tag", "movie", "user")

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[MovieTag], search_term: str
    ) -> tuple[QuerySet[MovieTag], bool]:
        if not search_term:
            return queryset, False
        # Users and tags are looked up first, so that the rows can be read by their indexes.
        users = list(User.objects.filter(username=search_term).values_list("pk", flat=True))
        return queryset.filter(Q(user__in=users) | Q(tag__in=tags.tags_named([search_term]))), False


@admin.register(*LISTS)
class KeptMovieAdmin(LargeTable):
    list_display = ("movie", "user", "added_at")
    list_select_related = ("movie", "user")
    search_fields = ("=user__username",)
    ordering = ("-pk",)
    sortable_by = ()
    autocomplete_fields = ("movie", "user")


@admin.register(Load)
class LoadAdmin(ReadOnly):
    list_display = ("source", "started_at", "duration", "outcome", "rejected")
    list_filter = ("outcome",)
    search_fields = ("source",)
    change_form_template = "admin/movies/load.html"

    @admin.display(description="Duration", ordering="seconds")
    def duration(self, load: Load) -> str:
        return f"{load.seconds:,.1f} s"

    @admin.display(description="Rows rejected")
    def rejected(self, load: Load) -> str:
        return f"{load.rejected:,}"
