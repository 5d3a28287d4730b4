#!/bin/sh
# Creates or updates both databases of Temporal; does nothing where they are up to date. SQL_* say where they are.
set -eu
for name in temporal visibility; do
  [ "$name" = temporal ] && database=temporal || database=temporal_visibility
  temporal-sql-tool --db "$database" create-database || true
  temporal-sql-tool --db "$database" setup-schema -v 0.0 || true
  temporal-sql-tool --db "$database" update-schema --schema-name "postgresql/v12/$name"
done
