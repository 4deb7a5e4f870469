#!/bin/sh
# Give the application a role that is no superuser, and that owns its database and everything in it.
#
# The image of PostgreSQL runs this on an empty volume. It may be run again at any time, to change the passwords to
# those of the secrets or to convert a volume of an earlier release, in which the application was the superuser:
#     docker compose exec database sh /docker-entrypoint-initdb.d/role.sh
set -eu

run() {
    psql --no-psqlrc --quiet --set ON_ERROR_STOP=1 --host /var/run/postgresql "$@"
}

# A superuser cannot rename itself, and the one that made the cluster cannot give up its privilege: rename it.
if [ "$(run --username recsite --dbname postgres --tuples-only --no-align \
    --command "SELECT rolsuper FROM pg_roles WHERE rolname = 'recsite'" 2> /dev/null)" = t ]; then
    echo "recsite was the superuser: it becomes postgres, and recsite a role of its own"
    run --username recsite --dbname postgres --command "CREATE ROLE recsite_renaming SUPERUSER LOGIN"
    run --username recsite_renaming --dbname postgres --command "ALTER ROLE recsite RENAME TO postgres"
    run --username postgres --dbname postgres --command "DROP ROLE recsite_renaming"
fi

run --username postgres --dbname postgres <<'SQL'
\set password `cat /run/secrets/database_password`
\set superuser_password `cat /run/secrets/database_superuser_password`
SET log_statement = 'none';
SET log_min_error_statement = 'panic';
ALTER ROLE postgres PASSWORD :'superuser_password';
SELECT 'CREATE ROLE recsite' WHERE NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'recsite') \gexec
ALTER ROLE recsite LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE NOREPLICATION NOBYPASSRLS PASSWORD :'password';
-- A load of ratings checks foreign keys itself, once for all rows, instead of dropping and building them anew.
GRANT SET ON PARAMETER session_replication_role TO recsite;
SELECT 'CREATE DATABASE recsite OWNER recsite' WHERE NOT EXISTS (SELECT FROM pg_database WHERE datname = 'recsite') \gexec
ALTER DATABASE recsite OWNER TO recsite;
REVOKE ALL ON DATABASE recsite FROM PUBLIC;
SQL

run --username postgres --dbname recsite <<'SQL'
SELECT format('ALTER %s %s OWNER TO recsite', kind, name) FROM (
    SELECT CASE relkind WHEN 'S' THEN 'SEQUENCE' WHEN 'v' THEN 'VIEW' WHEN 'm' THEN 'MATERIALIZED VIEW' ELSE 'TABLE' END,
        oid::regclass::text, oid, 'pg_class'::regclass
    FROM pg_class
    WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'p', 'S', 'v', 'm')
        AND relowner <> 'recsite'::regrole
    UNION ALL
    SELECT 'ROUTINE', oid::regprocedure::text, oid, 'pg_proc'::regclass
    FROM pg_proc
    WHERE pronamespace = 'public'::regnamespace AND proowner <> 'recsite'::regrole
) AS objects (kind, name, id, catalogue)
-- What belongs to a table or an extension follows it.
WHERE NOT EXISTS (
    SELECT FROM pg_depend WHERE classid = catalogue AND objid = id AND deptype IN ('a', 'i', 'e') AND kind <> 'TABLE'
)
\gexec
SQL
