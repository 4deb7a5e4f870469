"""Sign-up, also by two people at the same time."""

from allauth.account.forms import SignupForm
from allauth.account.views import SignupView
from django.db import IntegrityError, transaction
from django.http import HttpResponse


class SignUp(SignupView):
    def form_valid(self, form: SignupForm) -> HttpResponse:
        """Create the account; if another request has just taken its name or address, answer as if it had before."""
        try:
            with transaction.atomic():
                return self._created(form)
        except IntegrityError:
            form = self.get_form_class()(**self.get_form_kwargs())
            return self._created(form) if form.is_valid() else self.form_invalid(form)

    def _created(self, form: SignupForm) -> HttpResponse:
        response: HttpResponse = super().form_valid(form)
        return response
