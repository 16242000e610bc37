package timer

import (
	"time"

	"kept.dev/kit/sqldb"
)

const setOnceFresh = `
	insert into timer (kind, key, due, payload, traceparent, type, fence)
	values ($1, $2, $3, $4, $5, $6, $7)
	on conflict (kind, key) do nothing`

// SetOnce sets a timer that has not failed, unless it is there. typ is what it is called should it fail.
func (k Kind) SetOnce(tx *sqldb.Tx, key, typ, traceparent string, due time.Time, payload []byte) {
	tx.Exec(setOnceFresh, k.Name, key, due.UnixMicro(), payload, storable(traceparent), storable(typ), time.Now().UnixMicro())
	tx.Notify(topic(k.Name), due)
}

const park = `
	update timer set attempts = attempts + 1, parked = true, error = $2, leased = 0, fence = fence + 1,
		failed = case when attempts = 0 then $3 else failed end
	where kind = $1 and not parked`

// Park makes dead letters of all timers of the kind that wait: there is nobody left to carry them out.
func (k Kind) Park(tx *sqldb.Tx, now time.Time, reason string) {
	tx.Exec(park, k.Name, storable(reason), now.UnixMicro())
}
