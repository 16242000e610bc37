// Package id mints the ids of resources and events: UUIDv7 text, so that they sort by the wall time of their making.
package id

import (
	"encoding/binary"
	"time"

	"github.com/google/uuid"
)

// New mints an id.
func New() string { return uuid.Must(uuid.NewV7()).String() }

// Floor is the lowest id that can have been minted at the time: a bound for "older than".
func Floor(t time.Time) string {
	var u uuid.UUID
	binary.BigEndian.PutUint64(u[:8], uint64(t.UnixMilli())<<16|7<<12)
	u[8] = 0x80
	return u.String()
}
