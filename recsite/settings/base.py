"""Settings, read from the environment.

A variable may also come from a file: `SECRET_KEY_FILE=/run/secrets/key`. If `var/env` exists (`make run` writes it),
it is read too; real environment variables take precedence. docs/configuration.md lists all variables.
"""

import os
import re
from datetime import timedelta
from importlib.util import find_spec
from pathlib import Path

import environ
from django.core.exceptions import ImproperlyConfigured
from whitenoise.compress import Compressor

from recsite.database import statement_timeout
from recsite.settings import api, broker, csp, passwords, proxies, sign_in, sub_path
from recsite.settings.caches import caches
from recsite.settings.logging import logging_config

# Set before anything loads NumPy: BLAS threads that wait for each other make a request ten times slower.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

BASE_DIR = Path(__file__).resolve().parent.parent.parent
VAR_DIR = BASE_DIR / "var"
VAR_DIR.mkdir(exist_ok=True)

env = environ.FileAwareEnv()
if (VAR_DIR / "env").exists():
    env.read_env(VAR_DIR / "env")

DEBUG = env.bool("DEBUG", default=False)
HTTPS = env.bool("HTTPS", default=not DEBUG)
SECRET_KEY = env.str("SECRET_KEY", default="")
if not SECRET_KEY:
    raise ImproperlyConfigured("Set SECRET_KEY (or SECRET_KEY_FILE) to a long random string; `make run` generates one.")
ALLOWED_HOSTS = env.list("ALLOWED_HOSTS", default=[])
CSRF_TRUSTED_ORIGINS = env.list("CSRF_TRUSTED_ORIGINS", default=[])

INSTALLED_APPS = [
    "movies",
    "recommendations",
    "recsite.api",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "axes",
    "csp",
    "django_celery_beat",
    "django_htmx",
    "drf_spectacular",
    "drf_spectacular_sidecar",
    "drf_standardized_errors",
    "import_export",
    "knox",
    "rest_framework",
    "recsite.accounts",
    "recsite.apps.RecsiteAdminConfig",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.humanize",
    "django.contrib.messages",
    "django.contrib.sessions",
    "django.contrib.staticfiles",
]
MIDDLEWARE = [
    # First, so that static files and errors of all others have the headers too.
    "recsite.operations.security_headers.SecurityHeadersMiddleware",
    "recsite.operations.requests.RequestMiddleware",
    "recsite.operations.unreadable.UnreadableMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "recsite.operations.private_answers.PrivateAnswersMiddleware",
    "django.middleware.gzip.GZipMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "recsite.accounts.staff_sessions.StaffSessionsMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "csp.middleware.CSPMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "recommendations.middleware.track_clicks",
    # Last: it replaces the response to a login that is locked out.
    "axes.middleware.AxesMiddleware",
]
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "recsite" / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
            ],
        },
    }
]
ROOT_URLCONF = "recsite.urls"
WSGI_APPLICATION = "recsite.wsgi.application"

# Databases, cache and artifacts

SQLITE_OPTIONS = {
    "transaction_mode": "IMMEDIATE",
    "timeout": 20,
    "init_command": "PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL; PRAGMA mmap_size = 268435456;",
}
DATABASE_TIMEOUT = env.float("DATABASE_TIMEOUT", default=0.0)
POSTGRESQL_OPTIONS = {"connect_timeout": 3, **(statement_timeout.options(DATABASE_TIMEOUT) if DATABASE_TIMEOUT else {})}

DATABASES = {"default": env.db("DATABASE_URL", default=f"sqlite:///{VAR_DIR / 'db.sqlite3'}")}
REPLICA_LAG = env.int("REPLICA_LAG", default=10)
if env.str("REPLICA_URL", default=""):
    DATABASES["replica"] = {**env.db("REPLICA_URL"), "TEST": {"MIRROR": "default"}}
    DATABASE_ROUTERS = ["recsite.database.routing.Router"]
    MIDDLEWARE.insert(2, "recsite.database.routing.ReplicaMiddleware")
for _database in DATABASES.values():
    _sqlite = _database["ENGINE"] == "django.db.backends.sqlite3"
    _database.setdefault("OPTIONS", {}).update(SQLITE_OPTIONS if _sqlite else POSTGRESQL_OPTIONS)
    _database.setdefault("CONN_MAX_AGE", env.int("DATABASE_KEEP", default=60))
    _database["CONN_HEALTH_CHECKS"] = True
    # A server-side cursor needs the same connection from its first row to its last, which a pool does not promise.
    _database["DISABLE_SERVER_SIDE_CURSORS"] = env.bool("DATABASE_POOLED", default=False)
    if _sqlite and _database["NAME"] not in ("", ":memory:"):
        # A relative path is relative to the project's folder, not to the current one.
        _database["NAME"] = BASE_DIR / _database["NAME"]
RATINGS_PARTITIONS = env.int("RATINGS_PARTITIONS", default=0)
if not 0 <= RATINGS_PARTITIONS <= 1024:
    raise ImproperlyConfigured(f"RATINGS_PARTITIONS is {RATINGS_PARTITIONS}; set 0 for a single table, or 1 to 1024.")
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

REDIS_URL = env.str("REDIS_URL", default="")
CACHES = caches(REDIS_URL)
SESSION_ENGINE = "recsite.database.sessions"

RECOMMENDER_ARTIFACTS = BASE_DIR / env.path("RECOMMENDER_ARTIFACTS", default="var/artifacts")
EVENTS_KEPT_DAYS = env.int("EVENTS_KEPT_DAYS", default=90)
RECOMMENDER_STORE = env.str("RECOMMENDER_STORE", default="")
if RECOMMENDER_STORE and not RECOMMENDER_STORE.startswith(("file:///", "s3://")):
    raise ImproperlyConfigured(f"RECOMMENDER_STORE is {RECOMMENDER_STORE!r}; set file:///folder or s3://bucket/prefix.")
RECOMMENDER_RANKER = env.str("RECOMMENDER_RANKER", default="measured")
if RECOMMENDER_RANKER not in ("measured", "exact", "approximate"):
    raise ImproperlyConfigured(f"RECOMMENDER_RANKER is {RECOMMENDER_RANKER!r}; set measured, exact or approximate.")

# The Spark trainer

SPARK_MASTER = env.str("SPARK_MASTER", default="local[*]" if find_spec("pyspark") else "")
SPARK_FOLDER = BASE_DIR / env.path("SPARK_FOLDER", default="var/spark")
SPARK_JDBC_JAR = env.str("SPARK_JDBC_JAR", default="")

# Posters: with a key, the worker downloads and stores them

TMDB_KEY = env.str("TMDB_KEY", default="")
POSTERS = BASE_DIR / env.path("POSTERS", default="var/posters")
TMDB_API = "https://api.themoviedb.org/3"
TMDB_IMAGES = "https://image.tmdb.org/t/p/w342"

# Background tasks

CELERY_BROKER_URL = env.str("CELERY_BROKER_URL", default=REDIS_URL or "filesystem://")
CELERY_BROKER_TRANSPORT_OPTIONS = broker.transport_options(CELERY_BROKER_URL, VAR_DIR / "broker")
CELERY_TASK_DEFAULT_QUEUE = env.str("CELERY_QUEUE", default="recsite")
CELERY_TASK_PUBLISH_RETRY = False
CELERY_BROKER_CONNECTION_TIMEOUT = 1
CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_ACKS_LATE = True
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_WORKER_HIJACK_ROOT_LOGGER = False
# After training, the allocator keeps gigabytes of freed memory, so the next task runs in a fresh process.
CELERY_WORKER_MAX_MEMORY_PER_CHILD = 500_000
CELERY_BEAT_SCHEDULER = "django_celery_beat.schedulers:DatabaseScheduler"
CELERY_TIMEZONE = "UTC"

# Accounts

AUTH_USER_MODEL = "movies.User"
AUTHENTICATION_BACKENDS = [
    "axes.backends.AxesStandaloneBackend",
    "movies.sign_in.backends.OneHashBackend",
    "allauth.account.auth_backends.AuthenticationBackend",
]
vars().update(sign_in.SIGN_IN)
STAFF_SECOND_FACTOR = env.bool("STAFF_SECOND_FACTOR", default=False)
STAFF_IDLE_MINUTES = sign_in.idle_minutes(env.int("STAFF_IDLE_MINUTES", default=60))
AUTH_PASSWORD_VALIDATORS = passwords.PASSWORD_VALIDATORS
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "home"
ACCOUNT_SIGNUP_REDIRECT_URL = "recommendations:start"
ACCOUNT_ADAPTER = "movies.accounts.AccountAdapter"
ACCOUNT_LOGIN_METHODS = {"username", "email"}
ACCOUNT_SIGNUP_FIELDS = ["username*", "email", "password1*"]
ACCOUNT_EMAIL_VERIFICATION = "optional" if env.str("EMAIL_URL", default="") else "none"
ACCOUNT_CHANGE_EMAIL = True
ACCOUNT_PREVENT_ENUMERATION = "strict"
ACCOUNT_EMAIL_SUBJECT_PREFIX = "[recsite] "
ACCOUNT_EMAIL_NOTIFICATIONS = True
ACCOUNT_FORMS = {
    "add_email": "movies.account_forms.ChangeEmailForm",
    "login": "movies.account_forms.SignInForm",
    "signup": "movies.account_forms.SignUpForm",
}
ACCOUNT_LOGOUT_REDIRECT_URL = "home"
# Empty means none: a container's secret always exists.
EMAIL_CONFIG = env.email_url_config(env.str("EMAIL_URL", default="") or ("consolemail://" if DEBUG else "dummymail://"))
vars().update(EMAIL_CONFIG)

SITE_ADDRESS = env.str("SITE_ADDRESS", default="").rstrip("/")
if SITE_ADDRESS and not re.fullmatch(r"https?://[^/\s@]+", SITE_ADDRESS):
    raise ImproperlyConfigured(f"SITE_ADDRESS is {SITE_ADDRESS!r}; set https:// and the host, without a path.")
if env.str("EMAIL_URL", default="") and not SITE_ADDRESS:
    # Otherwise links in emails would lead to whatever host a request names, with a key that resets a password.
    raise ImproperlyConfigured("With EMAIL_URL, set SITE_ADDRESS too, such as https://movies.example.org.")

# The API

REST_FRAMEWORK = api.REST | {
    "DEFAULT_THROTTLE_RATES": {
        "anon": env.str("API_RATE_ANONYMOUS", default="120/min"),
        "user": env.str("API_RATE_USER", default="600/min"),
        "service": env.str("API_RATE_SERVICE", default="6000/min"),
        "login-address": "20/min",
        "login-name": "10/min",
    },
    # The site's own throttles ask `recsite.operations.clients`; any other trusts no header.
    "NUM_PROXIES": 0,
}
DRF_STANDARDIZED_ERRORS = {"EXCEPTION_HANDLER_CLASS": "recsite.api.errors.ExceptionHandler"}
KNOX_TOKEN_MODEL = "knox.AuthToken"  # noqa: S105 - a name
REST_KNOX = {"TOKEN_TTL": timedelta(days=30), "AUTO_REFRESH": False}
SERVICE_TOKEN_DAYS = env.int("SERVICE_TOKEN_DAYS", default=365)

# The admin

IMPORT_EXPORT_TMP_STORAGE_CLASS = "movies.admin.import_export.UploadStorage"
IMPORT_EXPORT_IMPORT_PERMISSION_CODE = "add"
IMPORT_EXPORT_EXPORT_PERMISSION_CODE = "view"
IMPORT_EXPORT_SKIP_ADMIN_ACTION_EXPORT_UI = True

# Static files

STATIC_ROOT = BASE_DIR / env.path("STATIC_ROOT", default="var/static")
STATIC_ROOT.mkdir(parents=True, exist_ok=True)
STATICFILES_DIRS = [BASE_DIR / "recsite" / "static"]
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "posters": {
        "BACKEND": "django.core.files.storage.FileSystemStorage",
        "OPTIONS": {"location": POSTERS, "base_url": None},
    },
    "staticfiles": {
        "BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"
        if DEBUG
        else "recsite.operations.static_files.StaticFilesStorage"
    },
}

WHITENOISE_KEEP_ONLY_HASHED_FILES = True
# Source maps are large, and only developers download them.
WHITENOISE_SKIP_COMPRESS_EXTENSIONS = (*Compressor.SKIP_COMPRESS_EXTENSIONS, "map")

# Security

CONTENT_SECURITY_POLICY = csp.POLICY
SECURE_SSL_REDIRECT = SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = HTTPS
SECURE_HSTS_SECONDS = 31_536_000 if HTTPS else 0
SECURE_HSTS_INCLUDE_SUBDOMAINS = SECURE_HSTS_PRELOAD = HTTPS
# gunicorn reads SCRIPT_NAME itself and takes it off the paths; FORCE_SCRIPT_NAME is for a proxy that has done so.
vars().update(sub_path.settings(env.str("FORCE_SCRIPT_NAME", default="") or env.str("SCRIPT_NAME", default="")))
TRUSTED_PROXIES = proxies.trusted_proxies(env.str("TRUSTED_PROXIES", ""), behind_proxy=env.bool("BEHIND_PROXY", False))
if TRUSTED_PROXIES:
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
    USE_X_FORWARDED_HOST = True
X_FRAME_OPTIONS = "DENY"

# Language and time

LANGUAGE_CODE = "en"
# The site has one language, and looking up the active one for every number and word of a page takes time.
USE_I18N = False
TIME_ZONE = env.str("TIME_ZONE", default="UTC")
USE_TZ = True

# Monitoring

READINESS_MODEL_STATUS = "recommendations.serving.active.status"

METRICS_TOKEN = env.str("METRICS_TOKEN", default="")
LOG_FORMAT = env.str("LOG_FORMAT", default="line" if DEBUG else "json")
if LOG_FORMAT not in ("line", "json"):
    raise ImproperlyConfigured(f"LOG_FORMAT is {LOG_FORMAT!r}; set line (readable) or json (one object per line).")
LOGGING = logging_config(LOG_FORMAT, env.str("LOG_LEVEL", default="INFO"))
