#!/bin/sh
# Copies all databases as of one moment (see k8s/DATA.md), and keeps two weeks of copies. The image has pg_dump and the command kept.
set -eu
kept backup --out "/backup/$(date -u +%Y-%m-%dT%H%M%SZ)"
ls -d /backup/20* | sort -r | tail -n +15 | while read -r old; do rm -rf "$old"; done
