// Package schema holds the tables that every service has besides its own: outbox, inbox, timers, leases and
// idempotency keys.
package schema

import "embed"

// Files are the migrations, for both databases.
//
//go:embed *.sql
var Files embed.FS

// Version is the name of the table that notes which of them have run.
const Version = "kit_schema"
