"""Link from an account in the admin to its recommendations; `movies` does not know this app."""

from django.contrib import admin
from django.urls import reverse
from django.utils.html import format_html

from movies.admin.tables import AccountAdmin
from movies.models import User

admin.site.unregister(User)


@admin.register(User)
class RecommendedAccountAdmin(AccountAdmin):
    readonly_fields = (*AccountAdmin.readonly_fields, "recommendations_link")
    rating_fields = (*AccountAdmin.rating_fields, "recommendations_link")

    @admin.display(description="Recommendations")
    def recommendations_link(self, user: User) -> str:
        address = reverse("admin:recommendations_see", args=[user.pk])
        return format_html('<a href="{}">View this user\'s recommendations and reasons</a> (logged)', address)
