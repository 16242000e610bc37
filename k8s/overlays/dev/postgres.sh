#!/bin/sh
# Starts PostgreSQL on the volume; the first time, makes it and a database with its owner for each service. The passwords are
# files of the secret kept-postgres.
set -eu
secrets=/etc/postgres
data=$PGDATA
if [ ! -s "$data/PG_VERSION" ]; then
	rm -rf "$data.new"
	initdb -D "$data.new" -U postgres --pwfile="$secrets/postgres" --auth=scram-sha-256 --auth-local=trust -E UTF8 --locale=C >&2
	echo 'host all all all scram-sha-256' >> "$data.new/pg_hba.conf"
	for service in customer order loyalty notification support; do
		echo "create role \"$service\" login password '$(cat "$secrets/$service")';"
		echo "create database \"$service\" owner \"$service\";"
	done > /tmp/setup.sql
	# a server in single-user mode takes one statement a line
	postgres --single -D "$data.new" postgres < /tmp/setup.sql >&2
	rm /tmp/setup.sql
	mv "$data.new" "$data"
fi
exec postgres -D "$data" -c listen_addresses='*' -c unix_socket_directories=/tmp -c max_connections=400
