"""What must hold in the running containers beside the answers of the site."""

import http.client
import io
import json
import re

from deploy.container_test.compose import Project
from deploy.container_test.engine import CommandError
from deploy.container_test.site import Site

WRITES = 'touch "$1" 2>/dev/null && rm "$1" && echo written || echo refused'
FOLDERS = {
    "web": {"/app/new": False, "/venv/new": False, "/etc/new": False, "/tmp/new": True, "/app/var/posters/new": True},
    "worker": {"/app/var/new": False, "/app/var/artifacts/new": True, "/app/var/posters/new": True, "/tmp/new": True},
    "beat": {"/app/new": False, "/tmp/new": True},
    "database": {"/etc/new": False, "/tmp/new": True},
    "redis": {"/etc/new": False, "/data/new": True},
    "proxy": {"/etc/nginx/new": False, "/tmp/new": True},
}
"""Whether files can be created there, by service."""


def hardening(project: Project) -> None:
    """No process is root or can become it, and nothing is written but volumes and /tmp."""
    for service, folders in FOLDERS.items():
        status = project.exec(service, "cat", "/proc/1/status")
        facts = dict(re.findall(r"^(\w+):\s*(\S+)", status, re.MULTILINE))
        if facts["Uid"] == "0" or int(facts["CapEff"], 16) or int(facts["CapBnd"], 16) or facts["NoNewPrivs"] != "1":
            raise AssertionError(f"{service} has privileges: {facts}")
        for path, may in folders.items():
            said = project.exec(service, "sh", "-c", WRITES, "sh", path)
            if (said == "written") != may:
                raise AssertionError(f"{service}: creating {path} is {said}.")


def database_role(project: Project) -> None:
    """The application is no superuser, owns its tables, and may leave out the checks of a bulk load."""
    question = (
        "SELECT rolsuper OR rolcreaterole OR rolbypassrls FROM pg_roles WHERE rolname = 'recsite'"
        " UNION ALL SELECT count(*) > 0 FROM pg_class WHERE relnamespace = 'public'::regnamespace"
        " AND relowner <> 'recsite'::regrole"
    )
    psql = ["psql", "--username=postgres", "--dbname=recsite", "--tuples-only", "--no-align"]
    if project.exec("database", *psql, "--command", question).split() != ["f", "f"]:
        raise AssertionError("The application's role has more rights than it needs, or tables that are not its own.")
    connect = "import psycopg2; psycopg2.connect(open('/run/secrets/database_url').read()).cursor().execute("
    project.exec("web", "python", "-c", f"{connect}'SET session_replication_role = replica')")
    try:
        project.exec("web", "python", "-c", f"{connect}'SELECT pg_read_file(\"/etc/passwd\")')".replace('\\"', "$$"))
    except CommandError:
        return
    raise AssertionError("The application reads files of the database server.")


def redis_asks_for_the_password(project: Project) -> None:
    if "NOAUTH" not in project.exec("redis", "sh", "-c", "redis-cli ping 2>&1 || true"):
        raise AssertionError("Redis answers without a password.")
    if "requirepass" in project.exec("redis", "sh", "-c", "cat /proc/1/cmdline | tr '\\0' ' '"):
        raise AssertionError("The password of Redis stands in its command line.")


def posters(project: Project, site: Site) -> None:
    """A poster that the worker keeps is one that web serves."""
    code = (
        "import django; django.setup()\n"
        "from django.core.files.base import ContentFile\n"
        "from django.core.files.storage import storages\n"
        "from movies.models import Movie\n"
        "name = storages['posters'].save('1.jpg', ContentFile(bytes.fromhex('ffd8ffe0') + b'poster'))\n"
        "Movie.objects.filter(pk=1).update(poster=name)\n"
    )
    project.exec("worker", "env", "DJANGO_SETTINGS_MODULE=recsite.settings", "python", "-c", code)
    if not site.expect("/movies/1/poster.jpg").body.endswith(b"poster"):
        raise AssertionError("web serves another poster than the worker has kept.")


def proxy(site: Site, http_port: int) -> None:
    """TLS only, limits of size and time, and no word of a client about itself."""
    plain = http.client.HTTPConnection("127.0.0.1", http_port, timeout=10)
    plain.request("GET", "/movies/?page=2", headers={"Host": "localhost"})
    answer = plain.getresponse()
    if (answer.status, answer.getheader("Location")) != (308, "https://localhost/movies/?page=2"):
        raise AssertionError(f"Plain HTTP is answered {answer.status}.")
    site.expect("/api/v1/me/ratings/import/", 413, "POST", io.BytesIO(b"0" * 7_000_000).getvalue())
    site.expect("/metrics", 404)
    site.expect("/", 400, Host="elsewhere.example.org")
    forged = site.expect("/livez", X_Forwarded_Host="elsewhere.example.org", X_Request_Id="forged")
    if forged.headers.get("x-request-id") == "forged":
        raise AssertionError("A client chooses the id of its request.")
    site.expect("/movies/", X_Forwarded_Host="elsewhere.example.org", X_Forwarded_Proto="http")
    if "strict-transport-security" not in site.expect("/").headers:
        raise AssertionError("Browsers are not told to keep to HTTPS.")
    unfinished = (
        b"GET / HTTP/1.1\r\nHost: localhost\r\nX-Slow: ",
        b"POST /accounts/login/ HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1000\r\n\r\nx",
    )
    for start in unfinished:
        print(f"    a stalled request is closed after {site.seconds_until_closed(start):.1f} s")


def memory(project: Project) -> None:
    """Print what each container holds beside its limit."""
    for container in json.loads(project.engine("stats", "--no-stream", "--format", "json")):
        print(f"    {container['name'].removeprefix(project.name + '-')}: {container['mem_usage']}")
