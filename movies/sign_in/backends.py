"""The account that a username means."""

from allauth.account.auth_backends import AuthenticationBackend as AllauthBackend

from movies.models import User


class AuthenticationBackend(AllauthBackend):
    """Find the account by its exact username, or by one that differs only in case, width or blanks.

    Two accounts of an older release may differ in nothing else; each is signed in to with its exact username.
    """

    def _authenticate_by_username(self, username: str, password: str) -> User | None:
        try:
            user = User.objects.get_by_natural_key(username)
        except User.DoesNotExist:
            return None
        signed_in: User | None = self._check_password(user, password)
        return signed_in
