"""Build, start, load, train, ask, restart and upgrade the site in containers: `make container-test`."""

import argparse
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from deploy.container_test import checks, images
from deploy.container_test.compose import Project
from deploy.container_test.engine import CommandError, Engine, run
from deploy.container_test.site import Site

ROOT = Path(__file__).resolve().parents[2]
RATINGS = ROOT / "fixtures" / "ml-latest-small"
ADMIN, PASSWORD = "operator", "container-test-1815"
RATED = {1: 4.5, 260: 5.0, 1196: 4.5, 2571: 5.0, 2959: 3.0}
CONFIG = {"recipe": "article", "epochs": 5}
"""A small training: the test is about containers."""


@dataclass
class Test:
    """What all steps share, and the seconds that each took."""

    engine: Engine
    arguments: argparse.Namespace
    seconds: dict[str, float] = field(default_factory=dict)

    @contextmanager
    def step(self, name: str) -> Iterator[None]:
        print(f"{name} …", flush=True)
        began = time.monotonic()
        yield
        self.seconds[name] = time.monotonic() - began
        print(f"    {self.seconds[name]:.1f} s", flush=True)

    def project(self, tree: Path, image: str, *, publish: bool = True) -> Project:
        stand_ins = {name: f"{images.PREFIX}/{name}" for name in ("postgres", "redis", "nginx")}
        variables = {
            "ALLOWED_HOSTS": "localhost",
            "CSRF_TRUSTED_ORIGINS": f"https://localhost:{self.arguments.port}",
            "BIND_ADDRESS": "127.0.0.1",
            "HTTP_PORT": str(self.arguments.port + 1),
            "HTTPS_PORT": str(self.arguments.port),
        }
        return Project(self.engine, tree, {**stand_ins, "recsite": image}, variables, publish=publish)

    def site(self, tree: Path) -> Site:
        return Site("localhost", self.arguments.port, str(tree / "secrets" / "tls" / "certificate.pem"))


def commit_before(root: Path) -> str:
    """The last commit without this test."""
    added = run(["git", "-C", str(root), "log", "--diff-filter=A", "--format=%H", "--", "deploy/container_test"])
    return f"{added.split()[-1]}^" if added.split() else "HEAD"


def fill(project: Project, site: Site) -> tuple[str, list[int]]:
    """Load ratings from a mounted volume, make an account, rate, train; the version and the account's list."""
    project.run("web", "python", "manage.py", "load_movielens", "/data", volumes=(f"{RATINGS}:/data:ro",))
    account = ["python", "manage.py", "createsuperuser", "--noinput", "--username", ADMIN, "--email", "o@example.org"]
    project.run("web", "env", f"DJANGO_SUPERUSER_PASSWORD={PASSWORD}", *account)
    site.sign_in(ADMIN, PASSWORD)
    for movie, stars in RATED.items():
        site.expect(f"/api/v1/movies/{movie}/rating/", 201, "PUT", {"stars": stars})
    version = site.retrain(CONFIG)
    return version, site.recommendations(version)


def make_secrets(tree: Path) -> None:
    run([str(tree / "deploy" / "make-secrets"), "localhost", str(tree / "secrets")])


def hand_over(new_tree: Path, old_tree: Path, names: set[str]) -> None:
    """Give the earlier release the secrets that it knows, and this one the same and those that are new."""
    shutil.copytree(new_tree / "secrets", old_tree / "secrets")
    shutil.rmtree(new_tree / "secrets")
    (new_tree / "secrets").mkdir()
    for name in names:
        shutil.copy2(old_tree / "secrets" / name, new_tree / "secrets" / name)
    make_secrets(new_tree)


def visit(site: Site) -> None:
    """Ask for pages as a visitor."""
    visitor = Site(site.address, site.port, site.certificate)
    for path in ("/", "/movies/", "/movies/1/", "/movies/1/cover.svg", "/accounts/login/", "/api/v1/docs/", "/livez"):
        visitor.expect(path)


def from_nothing(test: Test, tree: Path, image: str) -> None:
    """A new set-up, and the same after a restart."""
    project, site = test.project(tree, image), test.site(tree)
    with test.step("start everything"):
        for service, seconds in project.up().items():
            print(f"    {service}: {seconds:.1f} s")
    with test.step("load, rate, train in the worker, ask through the proxy"):
        version, before = fill(project, site)
        visit(site)
    with test.step("check the hardening, the proxy and the posters"):
        checks.hardening(project)
        checks.database_role(project)
        checks.redis_asks_for_the_password(project)
        checks.posters(project, site)
        checks.proxy(site, test.arguments.port + 1)
    with test.step("restart everything and ask again"):
        project.down()
        project.up()
        visit(site)
        same(before, site.recommendations(version))
    checks.memory(project)
    project.down(volumes=True)


def upgrade(test: Test, old_tree: Path, new_tree: Path, old: str, new: str) -> None:
    """The volumes that an earlier release has filled, under the new one."""
    before = test.project(old_tree, old, publish=False)
    hand_over(new_tree, old_tree, set(before.described["secrets"]))
    with test.step("start the earlier release, load, train"):
        before.up()
        version, listed = fill(before, Site(before.address("web"), 8000, headers={"Host": "localhost"}))
        before.down()
    after, site = test.project(new_tree, new), test.site(new_tree)
    with test.step("start the new release on its volumes"):
        after.up("database")
        print("    " + after.exec("database", "sh", "/docker-entrypoint-initdb.d/role.sh"))
        after.up()
        checks.database_role(after)
    with test.step("ask again, rate, train"):
        visit(site)
        site.sign_in(ADMIN, PASSWORD)
        same(listed, site.recommendations(version))
        site.expect("/api/v1/movies/50/rating/", 201, "PUT", {"stars": 4.0})
        site.recommendations(site.retrain(CONFIG))
    after.down(volumes=True)


def same(before: list[int], after: list[int]) -> None:
    if before != after or not before:
        raise AssertionError(f"The list was {before} and is {after}.")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--before", default="", help="the commit to upgrade from (the last one without this test)")
    parser.add_argument("--port", type=int, default=18443, help="the proxy's port on 127.0.0.1; the next is HTTP")
    parser.add_argument("--folder", type=Path, help="where images and volumes lie (a temporary folder)")
    parser.add_argument("--keep", action="store_true", help="keep the folder's images for the next run")
    arguments = parser.parse_args()
    missing = [tool for tool in ("podman", "mmdebstrap", "git", "openssl") if not shutil.which(tool)]
    if missing or os.geteuid() != 0:
        sys.exit(f"container-test runs as root and needs {', '.join(missing) or 'podman'}; see docs/deployment.md.")
    folder = arguments.folder or Path(tempfile.mkdtemp(prefix="recsite-container-test-"))
    folder.mkdir(parents=True, exist_ok=True)
    test = Test(Engine(folder, images.host_files()), arguments)
    began = time.monotonic()
    try:
        _everything(test, folder)
    except (CommandError, AssertionError, OSError) as error:
        print(f"container-test FAILED\n{error}", file=sys.stderr)
        for name in test.engine("ps", "--all", "--format", "{{.Names}}").split():
            log = subprocess.run(
                [*test.engine.podman, "logs", "--tail", "15", name], capture_output=True, text=True, check=False
            )
            print(f"--- {name}\n{log.stdout}{log.stderr}", file=sys.stderr)
        sys.exit(1)
    finally:
        _clean_up(test, folder, keep=arguments.keep)
    print(f"container-test passed in {time.monotonic() - began:.0f} s")


def _everything(test: Test, folder: Path) -> None:
    engine = test.engine
    new, old = f"{images.PREFIX}/recsite-new", f"{images.PREFIX}/recsite-old"
    shutil.rmtree(folder / "new", ignore_errors=True)
    shutil.rmtree(folder / "old", ignore_errors=True)
    new_tree = images.tracked_tree(ROOT, folder / "new")
    old_tree = images.tree_of(ROOT, test.arguments.before or commit_before(ROOT), folder / "old")
    with test.step("make images of Debian, Python, PostgreSQL, Redis and nginx"):
        images.make_stand_ins(engine)
    with test.step("build the image from this work tree, with secrets planted in it"):
        mark = images.plant(new_tree)
        images.build(engine, new_tree, new)
        shutil.rmtree(new_tree)
        new_tree = images.tracked_tree(ROOT, folder / "new")
    with test.step("list the image"):
        unwanted = images.unwanted_files(engine, new, mark)
        images.history(engine, new, mark)
        if unwanted:
            raise AssertionError("The image holds what it must not:\n" + "\n".join(unwanted[:30]))
    with test.step("build the image of the earlier release"):
        if not (test.arguments.keep and engine.has(old)):
            images.build(engine, old_tree, old)
    for name, image in (("this release", new), ("the earlier release", old), ("its base", f"{images.PREFIX}/python")):
        print(f"    {name}: {engine.size(image) / 1e6:.0f} MB, {json.dumps(images.listing(engine, image))}")
    make_secrets(new_tree)
    from_nothing(test, new_tree, new)
    upgrade(test, old_tree, new_tree, old, new)


def _clean_up(test: Test, folder: Path, *, keep: bool) -> None:
    engine = test.engine
    engine("rm", "--all", "--force", "--time", "2")
    for network in engine("network", "ls", "--format", "{{.Name}}").split():
        if network.startswith("recsite-test_"):
            engine("network", "rm", "--force", network)
    engine("volume", "prune", "--force")
    if not keep:
        engine.remove_everything()


if __name__ == "__main__":
    main()
