package timer

import (
	"time"

	"kept.dev/kit/sqldb"
)

// Once makes a setting for SetAllOnce, of a timer that has not failed. typ is what it is called should it fail.
func (k Kind) Once(key, typ, traceparent string, due time.Time, payload []byte) Setting {
	return Setting{kind: k.Name, key: key, typ: storable(typ), due: due, payload: payload, traceparent: storable(traceparent)}
}

// SetAllOnce sets timers, but leaves those alone that are there, in one statement.
func SetAllOnce(tx *sqldb.Tx, settings ...Setting) {
	settings = inOrder(settings)
	fence := time.Now().UnixMicro()
	rows := make([][]any, len(settings))
	for i, s := range settings {
		rows[i] = []any{s.kind, s.key, s.due.UnixMicro(), s.payload, s.traceparent, s.typ, fence}
		tx.Notify(topic(s.kind), s.due)
	}
	tx.ExecValues(`insert into timer (kind, key, due, payload, traceparent, type, fence) values`, rows,
		`on conflict (kind, key) do nothing`)
}

// waiting are some timers of a kind that are not parked.
const waiting = `kind = $1 and key in (select key from timer where kind = $1 and not parked order by due limit $2)`

const park = `
	update timer set attempts = attempts + 1, parked = true, error = $3, leased = 0, fence = fence + 1,
		failed = case when attempts = 0 then $4 else failed end
	where ` + waiting + ` returning key`

// Park makes dead letters of timers of the kind that wait, so many at most, and returns how many there were: there is nobody
// left to carry them out.
func (k Kind) Park(tx *sqldb.Tx, now time.Time, reason string, most int) (int, error) {
	rows, err := tx.Query(park, k.Name, most, storable(reason), now.UnixMicro())
	if err != nil {
		return 0, err
	}
	return rows.Len(), nil
}

// Delete takes back timers of the kind that wait, so many at most, and returns how many there were.
func (k Kind) Delete(tx *sqldb.Tx, most int) (int, error) {
	rows, err := tx.Query(`delete from timer where `+waiting+` returning key`, k.Name, most)
	if err != nil {
		return 0, err
	}
	return rows.Len(), nil
}
