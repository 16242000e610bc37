package timer

import (
	"strings"
	"time"

	"kept.dev/kit/sqldb"
)

// Kinds are names in the code, so they stand in the text of queries.

// earliest finds each kind's timer that is due first, of those that nobody has leased, and the first that isn't due yet: two
// steps into the index for each kind.
func earliest(kinds []string) string {
	return `
		with known (kind) as (values ` + each(kinds) + `)
		select kind, (
			select due from timer where timer.kind = known.kind and not parked and due <= $1 and leased <= $2 order by due limit 1), (
			select due from timer where timer.kind = known.kind and not parked and due > $1 order by due limit 1)
		from known`
}

// CountDue counts the timers of the kinds that are due, parked ones aside.
func CountDue(kinds []string, now time.Time) *sqldb.Stmt {
	return sqldb.Q(`select count(*) from timer where kind in (`+listed(kinds)+`) and not parked and due <= $1`, now.UnixMicro())
}

// NextDue finds when the next timer of the kinds will be due; NULL for never.
func NextDue(kinds []string, now time.Time) *sqldb.Stmt {
	return sqldb.Q(`
		with known (kind) as (values `+each(kinds)+`)
		select min((
			select due from timer where timer.kind = known.kind and not parked and due > $1 order by due limit 1))
		from known`, now.UnixMicro())
}

// CountAllDue counts the due timers of whatever kinds there are, also of those that nobody here knows, and finds since when
// the oldest has been due (0 for none). It goes from kind to kind in the index, past all that is not due.
func CountAllDue(now time.Time) *sqldb.Stmt {
	return sqldb.Q(`
		with recursive present (kind) as (
			select min(kind) from timer where not parked
			union all
			select (select min(kind) from timer where not parked and kind > present.kind) from present where present.kind is not null)
		select coalesce(sum(n), 0), coalesce(min(since), 0) from (
			select
				(select count(*) from timer where timer.kind = present.kind and not parked and due <= $1) as n,
				(select due from timer where timer.kind = present.kind and not parked and due <= $1 order by due limit 1) as since
			from present) as due`, now.UnixMicro())
}

// each is "('a'), ('b')"; without kinds a name that no timer has.
func each(kinds []string) string { return `(` + strings.ReplaceAll(listed(kinds), `, `, `), (`) + `)` }

func listed(kinds []string) string {
	if len(kinds) == 0 {
		return `''`
	}
	all := make([]string, len(kinds))
	for i, k := range kinds {
		all[i] = `'` + strings.ReplaceAll(k, `'`, `''`) + `'`
	}
	return strings.Join(all, `, `)
}
