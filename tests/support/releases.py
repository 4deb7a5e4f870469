"""Small MovieLens releases, written to disk for a test."""

import zipfile
from pathlib import Path

MOVIES = """movieId,title,genres
1,Toy Story (1995),Adventure|Animation|Children
2571,"Matrix, The (1999)",Action|Sci-Fi
99,Amélie (2001),(no genres listed)
"""
RATINGS = """userId,movieId,rating,timestamp
1,1,4.0,964982703
1,2571,0.5,964982224
2,1,5.0,1445714835
"""
LINKS = """movieId,imdbId,tmdbId
1,0114709,862
2571,0133093,
"""
TAGS = """userId,movieId,tag,timestamp
2,1,pixar,1445714994
7,1,Pixar,1445714996
2,2571,"mind, bent",1445714994
"""
FILES = {"movies.csv": MOVIES, "ratings.csv": RATINGS, "links.csv": LINKS, "tags.csv": TAGS}


def write(folder: Path, **texts: str | bytes) -> Path:
    """Write the release above to a folder; `movies`, `ratings`, `links` and `tags` replace single files."""
    folder.mkdir(exist_ok=True)
    for name, text in FILES.items():
        content = texts.get(name.removesuffix(".csv"), text)
        (folder / name).write_bytes(content if isinstance(content, bytes) else content.encode())
    return folder


def zipped(folder: Path, inside: str = "ml/") -> Path:
    """Zip the folder's files into an archive beside it, below the path `inside`."""
    file = folder.with_suffix(".zip")
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        for path in sorted(folder.iterdir()):
            archive.writestr(f"{inside}{path.name}", path.read_bytes())
    return file
