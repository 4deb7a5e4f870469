"""An example of each export, and what is expected of it."""

import json
from dataclasses import dataclass

LETTERBOXD = "Date,Name,Year,Letterboxd URI"
IMDB_LIST = (
    "Position,Const,Created,Modified,Description,Title,Original Title,URL,Title Type,IMDb Rating,Year,"
    "Your Rating,Date Rated\n"
    "1,tt0133093,2025-07-09,2025-07-09,,The Matrix,The Matrix,https://www.imdb.com/title/tt0133093/,Movie,8.7,1999,"
    "10,2025-07-10\n"
    "2,tt0112167,2025-07-09,2025-07-09,,Jumanji,Jumanji,https://www.imdb.com/title/tt0115228/,TV Series,6.5,1996,"
    "2,2025-07-10\n"
    "3,tt0114369,2025-07-09,2025-07-09,,Se7en,Seven,https://www.imdb.com/title/tt0114369/,Movie,8.6,1995,,\n"
)
TMDB = "TMDb ID,IMDb ID,Type,Name,Release Date,Season Number,Episode Number,Rating,Your Rating,Date Rated\n"
TRAKT = "rated_at,type,title,year,trakt_rating,trakt_id,imdb_id,tmdb_id,season_number,episode_number,genres,rating\n"
SIMKL = "SIMKL_ID,Title,Type,Year,Watchlist,LastEpWatched,WatchedDate,Rating,Memo,TVDB,TMDB,IMDB\n"


@dataclass(frozen=True)
class Export:
    """A file, and what is expected of it: per entry kind, half stars, name and day."""

    layout: str
    text: str
    entries: tuple[tuple[str, int | None, str, str | None], ...] = ()
    name: str = "export.csv"
    aside: tuple[str, ...] = ()
    unrated: int = 0
    rounded: int = 0


EXPORTS = [
    Export(
        "letterboxd-ratings",
        f"{LETTERBOXD},Rating\n2021-05-01,The Matrix,1999,https://boxd.it/2a1m,4.5\n",
        (("rating", 9, "The Matrix (1999)", "2021-05-01"),),
    ),
    Export(
        "letterboxd-diary",
        f"{LETTERBOXD},Rating,Rewatch,Tags,Watched Date\n"
        "2021-05-03,The Matrix,1999,x,4.5,,,2021-05-01\n2021-05-03,Heat,1995,x,,Yes,a,2021-05-02\n",
        (("rating", 9, "The Matrix (1999)", "2021-05-01"), ("seen", None, "Heat (1995)", "2021-05-02")),
    ),
    Export(
        "letterboxd-reviews",
        f"{LETTERBOXD},Rating,Rewatch,Review,Tags,Watched Date\n"
        '2021-05-03,Heat,1995,x,5,,"A ""great"" film,\n\nwith lines",,2021-05-02\n',
        (("rating", 10, "Heat (1995)", "2021-05-02"),),
    ),
    Export(
        "letterboxd-watched", f"{LETTERBOXD}\n2021-05-01,Heat,1995,x\n", (("seen", None, "Heat (1995)", "2021-05-01"),)
    ),
    Export(
        "letterboxd-watchlist",
        f"{LETTERBOXD}\n2021-05-01,Heat,1995,x\n",
        (("watchlist", None, "Heat (1995)", "2021-05-01"),),
        name="watchlist.csv",
    ),
    Export(
        "letterboxd-likes",
        f"{LETTERBOXD}\n2021-05-01,Heat,1995,x\n",
        (("like", None, "Heat (1995)", "2021-05-01"),),
        name="likes/films.csv",
    ),
    Export(
        "letterboxd-import-10",
        "imdbID,Title,Year,Rating10,WatchedDate\ntt0133093,The Matrix,1999,9,2020-01-02\ntt0114369,Se7en,1995,5,\n",
        (("rating", 9, "The Matrix (1999)", "2020-01-02"), ("rating", 5, "Se7en (1995)", None)),
    ),
    Export(
        "letterboxd-import",
        "Title,Year,Rating,tmdbID,imdbID\nThe Matrix,1999.0,4.5,603.0,tt0133093\n",
        (("rating", 9, "The Matrix (1999)", None),),
    ),
    Export(
        "imdb-ratings",
        "Const,Your Rating,Date Rated,Title,Original Title,URL,Title Type,IMDb Rating,Year\n"
        "tt0133093,9,2020-01-02,The Matrix,The Matrix,https://x,Movie,8.7,1999\n"
        "tt0903747,10,2020-01-02,Breaking Bad,Breaking Bad,https://x,TV Series,9.5,2008\n"
        "tt0959621,8,2020-01-02,Pilot,Pilot,https://x,TV Episode,9.0,2008\n"
        "tt1234567,8,2020-01-02,A Game,A Game,https://x,Video Game,9.0,2008\n"
        "tt0081834,7,2020-01-02,A Film on TV,A Film on TV,https://x,TV Movie,7.0,1980\n",
        (("rating", 9, "The Matrix (1999)", "2020-01-02"), ("rating", 7, "A Film on TV (1980)", "2020-01-02")),
        aside=("Breaking Bad", "Pilot", "A Game"),
    ),
    Export("imdb-list", IMDB_LIST, (("rating", 10, "The Matrix (1999)", "2025-07-10"),), aside=("Jumanji",), unrated=1),
    Export(
        "imdb-watchlist",
        IMDB_LIST,
        (("rating", 10, "The Matrix (1999)", "2025-07-10"), ("watchlist", None, "Se7en (1995)", "2025-07-09")),
        name="WATCHLIST.csv",
        aside=("Jumanji",),
    ),
    Export(
        "imdb-old-ratings",
        '"position","const","created","modified","description","Title","Title type","Directors","You rated","Year"\n'
        '"1","tt0133093","Sun Mar  1 00:00:00 2015","","","The Matrix","Feature Film","","9","1999"\n'
        '"2","tt0115137","Sun Mar  1 00:00:00 2015","","","Clueless","Mini-Series","","4","1996"\n',
        (("rating", 9, "The Matrix (1999)", "2015-03-01"),),
        aside=("Clueless",),
    ),
    Export(
        "trakt-ratings",
        f"{TRAKT}2021-03-22T06:33:10Z,movie,Pulp Fiction,1994,8.6,554,tt0110912,680,,,crime,5\n"
        "2021-03-22T06:38:10Z,show,Clueless,1996,7.5,2222,tt0115137,4180,,,comedy,4\n"
        "2021-03-22T06:38:10Z,episode,Clueless,1996,7.5,2222,tt0115137,4180,1,2,comedy,4\n",
        (("rating", 5, "Pulp Fiction (1994)", "2021-03-22"),),
        aside=("Clueless", "Clueless"),
    ),
    Export(
        "trakt-history",
        "watched_at,type,title,year,trakt_id,imdb_id\n2021-03-22T06:33:10Z,movie,Heat,1995,1,tt0113277\n",
        (("seen", None, "Heat (1995)", "2021-03-22"),),
    ),
    Export(
        "trakt-watchlist",
        "listed_at,type,title,year,trakt_id,imdb_id\n2021-03-22T06:33:10Z,movie,Heat,1995,1,tt0113277\n",
        (("watchlist", None, "Heat (1995)", "2021-03-22"),),
    ),
    Export(
        "trakt-json",
        json.dumps(
            {
                "ratings": [
                    {
                        "rated_at": "2021-03-22T06:33:10.000Z",
                        "rating": 5,
                        "type": "movie",
                        "movie": {"title": "Pulp Fiction", "year": 1994, "ids": {"imdb": "tt0110912", "tmdb": 680}},
                    },
                    {"rated_at": "2021-03-22T06:33:10.000Z", "rating": 8, "show": {"title": "Clueless", "ids": {}}},
                ],
                "watched": [
                    {"plays": 1, "last_watched_at": "2020-01-02T00:00:00Z", "movie": {"title": "Heat", "year": 1995}}
                ],
                "watchlist": [
                    {"listed_at": "2020-01-03T00:00:00Z", "type": "movie", "movie": {"title": "Alien", "year": 1979}}
                ],
                "collection": [{"collected_at": "2020-01-03T00:00:00Z", "movie": {"title": "Brazil", "year": 1985}}],
            }
        ),
        (
            ("rating", 5, "Pulp Fiction (1994)", "2021-03-22"),
            ("seen", None, "Heat (1995)", "2020-01-02"),
            ("watchlist", None, "Alien (1979)", "2020-01-03"),
        ),
        name="backup.json",
        aside=("Clueless",),
    ),
    Export(
        "tmdb-ratings",
        f"{TMDB}550,tt0137523,movie,Fight Club,1999-10-15T00:00:00Z,,,8.4,8.5,2024-01-15T00:00:00Z\n"
        "4180,tt0115137,tv,Clueless,1996-09-20T00:00:00Z,,,6.9,4.0,2024-02-01T00:00:00Z\n",
        (("rating", 9, "Fight Club (1999)", "2024-01-15"),),
        aside=("Clueless",),
        rounded=1,
    ),
    Export(
        "tmdb-watchlist",
        f"{TMDB}550,tt0137523,movie,Fight Club,1999-10-15T00:00:00Z,,,8.4,,\n",
        (("watchlist", None, "Fight Club (1999)", None),),
        name="tmdb_watchlist.csv",
    ),
    Export(
        "simkl-csv",
        f"{SIMKL}1,Heat,movie,1995,completed,,2020-01-02,5,,,949,tt0113277\n"
        "2,Alien,movie,1979,plantowatch,,,,,,348,tt0078748\n3,Brazil,movie,1985,completed,,,,,,68,tt0088846\n"
        "4,Dark,tv,2017,watching,S01E03,,9,,,70523,tt5753856\n5,Se7en,movie,1995,dropped,,,,,,807,tt0114369\n",
        (
            ("rating", 5, "Heat (1995)", "2020-01-02"),
            ("watchlist", None, "Alien (1979)", None),
            ("seen", None, "Brazil (1985)", None),
        ),
        aside=("Dark",),
        unrated=1,
    ),
    Export(
        "simkl-json",
        json.dumps(
            {
                "movies": [
                    {
                        "status": "completed",
                        "user_rating": 5,
                        "user_rated_at": "2020-01-02T00:00:00Z",
                        "movie": {"title": "Heat", "year": 1995, "ids": {"imdb": "tt0113277", "tmdb": "949"}},
                    },
                    {"status": "plantowatch", "user_rating": None, "movie": {"title": "Alien", "year": 1979}},
                ],
                "shows": [{"status": "watching", "show": {"title": "Dark", "year": 2017}}],
            }
        ),
        (("rating", 5, "Heat (1995)", "2020-01-02"), ("watchlist", None, "Alien (1979)", None)),
        name="SimklBackup.json",
        aside=("Dark",),
    ),
    Export(
        "movielens-site",
        'movie_id,imdb_id,tmdb_id,rating,average_rating,title\n2571,0133093,603,4.5,4.15,"Matrix, The (1999)"\n',
        (("rating", 9, "Matrix, The (1999)", None),),
    ),
    Export(
        "movielens-data-set",
        "userId,movieId,rating,timestamp\n1,2571,4.5,1577923200\n",
        (("rating", 9, "movie 2571", "2020-01-02"),),
    ),
    Export(
        "criticker-ratings",
        "Score,Film ID,Film Name,Year,Date Rated,IMDB ID\n85,1,The Matrix,1999,2020-01-02,tt0133093\n0,2,Heat,1995,,\n",
        (("rating", 9, "The Matrix (1999)", "2020-01-02"), ("rating", 1, "Heat (1995)", None)),
        rounded=1,
    ),
    Export(
        "netflix-history",
        'Title,Date\n"Trollhunters: Tales of Arcadia: Part 2: Hiss Hiss, Bang Bang","10/21/20"\n'
        '"Dark: Season 1: Secrets","10/20/20"\n"The Matrix","10/20/20"\n',
        (("seen", None, "The Matrix", "2020-10-20"),),
        aside=("Trollhunters: Tales of Arcadia: Part 2: Hiss Hiss, Bang Bang", "Dark: Season 1: Secrets"),
    ),
    Export(
        "recsite-ratings",
        "Title,Year,Rating,WatchedDate,imdbID,tmdbID,movieId\n'=1+1,1999,4.5,2020-01-02,tt0133093,603,2571\n",
        (("rating", 9, "=1+1 (1999)", "2020-01-02"),),
    ),
    Export(
        "recsite-account",
        json.dumps(
            {
                "ratings": [{"title": "Heat", "year": 1995, "movielens_id": 6, "stars": 4.5, "rated": "2020-01-02"}],
                "watchlist": [{"title": "Alien", "year": 1979, "movielens_id": 1214}],
                "not_interested": [],
            }
        ),
        (("rating", 9, "Heat (1995)", "2020-01-02"), ("watchlist", None, "Alien (1979)", None)),
        name="recsite.json",
    ),
    Export(
        "other",
        "Film,Jahr,Bewertung,Datum\nHeat,1995,8,31.12.2020\nDark,2017–2020,9,\n",
        (("rating", 8, "Heat (1995)", "2020-12-31"),),
        aside=("Dark",),
    ),
]
