#!/bin/sh
# Dumps every service's database, in an order that a restore can make whole: see k8s/DATA.md.
set -eu
folder=/backup/$(date -u +%Y-%m-%dT%H%M%SZ)
mkdir -p "$folder.part"
for service in support notification loyalty order customer; do
	eval "url=\$DATABASE_$service"
	pg_dump --format=custom --no-owner --file="$folder.part/$service.dump" "$url"
	pg_restore --list "$folder.part/$service.dump" > /dev/null # it can be read
done
mv "$folder.part" "$folder"
# two weeks of them
ls -d /backup/20* | sort -r | tail -n +15 | while read -r old; do rm -rf "$old"; done
