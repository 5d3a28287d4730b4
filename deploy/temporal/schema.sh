#!/bin/sh
# Creates or updates both databases of Temporal; does nothing where they are up to date.
set -eu
SQL_PASSWORD="$(cat /run/secrets/postgres_password)"
export SQL_PASSWORD SQL_PLUGIN=postgres12 SQL_HOST=postgres SQL_PORT=5432 SQL_USER=temporal
for name in temporal visibility; do
  [ "$name" = temporal ] && database=temporal || database=temporal_visibility
  temporal-sql-tool --db "$database" create-database || true
  temporal-sql-tool --db "$database" setup-schema -v 0.0 || true
  temporal-sql-tool --db "$database" update-schema --schema-name "postgresql/v12/$name"
done
