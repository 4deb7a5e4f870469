"""The demo account of a new installation."""

import secrets
from pathlib import Path

from movies.models import Movie, User
from movies.services import rate

USERNAME = "demo"
HALF_STARS_BY_MOVIELENS_ID = {
    2571: 10,  # The Matrix
    260: 9,  # Star Wars: Episode IV
    1196: 10,  # Star Wars: Episode V
    1198: 9,  # Raiders of the Lost Ark
    4993: 9,  # The Fellowship of the Ring
    541: 9,  # Blade Runner
    1240: 8,  # The Terminator
    5618: 9,  # Spirited Away
    597: 4,  # Pretty Woman
    1721: 4,  # Titanic
}


def ensure_demo_account(password_file: Path) -> User:
    """Return the demo account, a superuser with a few ratings; create it if needed.

    Writes its random password to `password_file`, which only the file's owner can read.
    """
    existing = User.objects.filter(username=USERNAME).first()
    if existing:
        return existing
    password = secrets.token_urlsafe(9)
    user = User.objects.create_superuser(USERNAME, password=password)
    password_file.touch(mode=0o600)
    password_file.write_text(password + "\n")
    movies = {movie.movielens_id: movie for movie in Movie.objects.filter(movielens_id__in=HALF_STARS_BY_MOVIELENS_ID)}
    for movielens_id, half_stars in HALF_STARS_BY_MOVIELENS_ID.items():
        if movielens_id in movies:
            rate(user=user, movie=movies[movielens_id], half_stars=half_stars)
    return user
