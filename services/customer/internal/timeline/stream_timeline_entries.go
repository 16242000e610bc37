package timeline

import (
	"context"
	"strings"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/metadata"

	"kept.dev/kit/errs"
	"kept.dev/kit/sqldb"
	customerv1 "kept.dev/proto/gen/kept/customer/v1"
)

// StreamTimelineEntries sends what happens to a customer as it becomes known, until the caller has heard enough. The headers
// go out when it listens: whatever becomes known after them is sent.
//
// Whoever goes on after an entry may get some again that became known shortly before that one: which of them had been sent
// is not kept anywhere.
//
// Errors: NOT_FOUND for an unknown customer or entry, and, by the access rule, for a customer who asks about another;
// INVALID_ARGUMENT for an entry of another's timeline.
func (s *Service) StreamTimelineEntries(
	req *customerv1.StreamTimelineEntriesRequest, stream grpc.ServerStreamingServer[customerv1.TimelineEntry],
) error {
	ctx := stream.Context()
	news := s.live.Listen(req.GetParent())
	defer news.Close()
	t, err := s.start(ctx, req, time.Now())
	if err != nil {
		return err
	}
	if err := stream.SendHeader(metadata.MD{}); err != nil {
		return err
	}
	send := func(r row) error { return stream.Send(r.TimelineEntry) }
	for {
		more, err := s.look(ctx, req.GetParent(), t, send)
		if err != nil {
			return err
		}
		if more {
			continue
		}
		if err := news.Wait(ctx); err != nil {
			return err
		}
	}
}

// start finds where a stream starts: after the given entry, or now.
func (s *Service) start(ctx context.Context, req *customerv1.StreamTimelineEntriesRequest, now time.Time) (*tail, error) {
	customer, after := req.GetParent(), req.GetLastSeen()
	if after != "" && !strings.HasPrefix(after, customer+collection) {
		return nil, errs.Invalid("last_seen", "must be an entry of %s", customer)
	}
	results, err := s.db.Batch(ctx, knownCustomer(customer),
		sqldb.Q(`select known from timeline_entry where id = $1 and customer = $2`, idOf(after), customer))
	switch {
	case err != nil:
		return nil, err
	case results[0].Len() == 0:
		return nil, errs.NotFound(customer)
	case after == "":
		return s.startNow(ctx, customer, now)
	case results[1].Len() == 0:
		return nil, errs.NotFound(after)
	}
	known, err := sqldb.One(results[1], func(r *sqldb.Rows) (n int64, err error) { return n, r.Scan(&n) })
	t := newTail(known - lookBack.Microseconds())
	t.sent[idOf(after)] = known
	return t, err
}

// startNow takes what has become known so far for sent.
func (s *Service) startNow(ctx context.Context, customer string, now time.Time) (*tail, error) {
	t := newTail(now.Add(-lookBack).UnixMicro())
	rows, err := s.db.Query(ctx, `
		select id, known from timeline_entry where customer = $1 and known >= $2 and known < $3
		order by known desc limit $4`, customer, t.from, now.UnixMicro(), int64(mostRemembered+1))
	for err == nil && rows.Next() {
		var id string
		var known int64
		err = rows.Scan(&id, &known)
		t.sent[id] = known
	}
	t.letGo(t.from)
	return t, err
}

// pageRows is how many entries are read at a time.
const pageRows = 500

const selectKnown = selectEntries + `
	where customer = $1 and (known, id) > ($2, $3)
	order by known, id limit $4`

// look sends what is news. It comes to an end under any load: what became known after it began is left to the next look,
// which should then follow at once.
func (s *Service) look(ctx context.Context, customer string, t *tail, send func(row) error) (more bool, err error) {
	began := time.Now()
	horizon := began.Add(-lookBack).UnixMicro()
	at := row{known: t.from}
	for more = true; more && at.known <= began.UnixMicro(); {
		rows, err := s.rowsAfter(ctx, customer, at)
		if err != nil {
			return false, err
		}
		for _, at = range rows {
			if !t.take(idOf(at.GetName()), at.known, horizon) {
				continue
			}
			if err := send(at); err != nil {
				return false, err
			}
		}
		more = len(rows) == pageRows
	}
	t.letGo(horizon)
	return more, nil
}

func (s *Service) rowsAfter(ctx context.Context, customer string, last row) ([]row, error) {
	rows, err := s.db.Query(ctx, selectKnown, customer, last.known, idOf(last.GetName()), int64(pageRows))
	if err != nil {
		return nil, err
	}
	return sqldb.All(rows, scan)
}
