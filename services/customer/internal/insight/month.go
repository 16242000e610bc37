package insight

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"kept.dev/kit/sqldb"
)

// month is one in the company's time zone, as the number 199701, and when it begins and ends, in microseconds.
type month struct{ number, starts, ends int64 }

// monthOf is the month of a moment in a zone.
func monthOf(at time.Time, zone *time.Location) month {
	at = at.In(zone)
	first := time.Date(at.Year(), at.Month(), 1, 0, 0, 0, 0, zone)
	return month{
		number: int64(at.Year())*100 + int64(at.Month()), starts: first.UnixMicro(),
		ends: time.Date(at.Year(), at.Month()+1, 1, 0, 0, 0, 0, zone).UnixMicro(),
	}
}

// monthsBetween are all months from that of one moment to that of another.
func monthsBetween(first, last time.Time, zone *time.Location) (all []month) {
	for at := first; ; at = time.UnixMicro(all[len(all)-1].ends) {
		m := monthOf(at, zone)
		if all = append(all, m); last.UnixMicro() < m.ends {
			return all
		}
	}
}

const (
	selectZone  = `select time_zone from company`
	selectRange = `
	select (select min(time) from purchase where currency = $1 and void = false), (select max(time) from purchase where currency = $1 and void = false)`
)

// zone is the company's, in which months begin.
func (s *Service) zone(ctx context.Context) (*time.Location, error) {
	rows, err := s.db.Query(ctx, selectZone)
	if err != nil {
		return nil, err
	}
	return scanZone(rows)
}

func scanZone(rows *sqldb.Rows) (*time.Location, error) {
	name, err := sqldb.One(rows, func(r *sqldb.Rows) (name string, err error) { return name, r.Scan(&name) })
	if errors.Is(err, sqldb.ErrNoRow) {
		return time.UTC, nil
	}
	if err != nil {
		return nil, err
	}
	return time.LoadLocation(name)
}

// soldIn are the months in which anything may have been sold in a currency.
func (s *Service) soldIn(ctx context.Context, currency string) ([]month, error) {
	results, err := s.db.Batch(ctx, sqldb.Q(selectZone), sqldb.Q(selectRange, currency))
	if err != nil {
		return nil, err
	}
	zone, err := scanZone(results[0])
	if err != nil {
		return nil, err
	}
	first, err := sqldb.One(results[1], func(r *sqldb.Rows) (ends [2]*int64, err error) { return ends, r.Scan(&ends[0], &ends[1]) })
	if err != nil || first[0] == nil {
		return []month{monthOf(time.UnixMicro(0), zone)}, err // in which nothing was
	}
	return monthsBetween(time.UnixMicro(*first[0]), time.UnixMicro(*first[1]), zone), nil
}

// selectMonths counts what was sold in the currency $1 in each of the months: along purchase_time and buyer_first_order. The months are
// in the text, since they hardly change.
func selectMonths(all []month) string {
	values := make([]string, len(all))
	for i, m := range all {
		values[i] = fmt.Sprintf("(%d, %d, %d)", m.number, m.starts, m.ends)
	}
	return `
	with months (month, starts, ends) as (values ` + strings.Join(values, ", ") + `)
	select month, customers, orders, units, amount, (
		select count(*) from buyer where bought_in = $1 and first_order >= m.starts and first_order < m.ends)
	from (
		select cast(month as bigint) as month, starts, ends, count(distinct customer) as customers, count(*) as orders,
			cast(sum(units) as bigint) as units, cast(sum(amount) as bigint) as amount
		from months join purchase p on p.currency = $1 and p.void = false and p.time >= months.starts and p.time < months.ends
		group by month, starts, ends
	) m`
}
