package endurance_test

import (
	"context"
	"database/sql"
	"fmt"
	"slices"
	"strings"

	"google.golang.org/protobuf/proto"

	orderv1 "kept.dev/proto/gen/kept/order/v1"
	promisev1 "kept.dev/proto/gen/kept/promise/v1"
	typepb "kept.dev/proto/gen/kept/type"
	"kept.dev/suite/dbaudit"
)

// said reads the facts of one type that a service has said.
func said[T any, M interface {
	*T
	proto.Message
}](ctx context.Context, db *sql.DB) (facts []M, err error) {
	var zero T
	rows, err := db.QueryContext(ctx, `select data from outbox where type = $1`, string(M(&zero).ProtoReflect().Descriptor().FullName()))
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	for rows.Next() {
		var data []byte
		if err := rows.Scan(&data); err != nil {
			return nil, err
		}
		fact := M(new(T))
		if err := proto.Unmarshal(data, fact); err != nil {
			return nil, err
		}
		facts = append(facts, fact)
	}
	return facts, rows.Err()
}

// points: the ledger adds up, and there is one entry for each delivery and each remedy, and no other.
func (b *audit) points(ctx context.Context) (wrong []string, err error) {
	loyalty := b.Services["loyalty"]
	wrong, err = breaches(ctx, loyalty, [][2]string{
		{"an entry that is not zero altogether", `select entry_id from posting group by entry_id having sum(points) <> 0 or count(*) <> 2`},
		{"a balance that its postings do not add up to", `
			select customer from account a where balance <> (
				select coalesce(sum(points), 0) from posting p where p.program = a.program and p.customer = a.customer)`},
	})
	if err != nil {
		return nil, err
	}
	var owed []string
	remedies, err := said[promisev1.RemedyRequired](ctx, b.customer)
	if err != nil {
		return nil, err
	}
	for _, r := range remedies {
		if has(r, typepb.Remedy_GOODWILL_POINTS) {
			owed = append(owed, "promise/"+strings.TrimPrefix(r.GetPromise(), "promises/"))
		}
	}
	deliveries, err := said[orderv1.OrderDelivered](ctx, b.order)
	if err != nil {
		return nil, err
	}
	for _, d := range deliveries {
		if d.GetGoodsAmount().GetUnits() > 0 {
			owed = append(owed, "order/"+strings.TrimPrefix(d.GetOrder(), "orders/"))
		}
	}
	given, err := dbaudit.Column(ctx, loyalty, `select reference from entry where program = 'main'`)
	return append(wrong, dbaudit.Differences("points owed for", owed, "points given for", given)...), err
}

// cases: a person was called once for each promise that broke, and no case is without somebody.
func (b *audit) cases(ctx context.Context) (wrong []string, err error) {
	support := b.Services["support"]
	wrong, err = breaches(ctx, support, [][2]string{
		{"a case that is nobody's", `select id from cases where queue = '' and agent = ''`},
	})
	if err != nil {
		return nil, err
	}
	remedies, err := said[promisev1.RemedyRequired](ctx, b.customer)
	if err != nil {
		return nil, err
	}
	var owed []string
	for _, r := range remedies {
		if has(r, typepb.Remedy_CASE) {
			owed = append(owed, r.GetPromise())
		}
	}
	called, err := dbaudit.Column(ctx, support, `select cause from case_cause where cause like 'promises/%'`)
	return append(wrong, dbaudit.Differences("a person owed for", owed, "called for", called)...), err
}

// has tells whether a remedy of the type is required.
func has(required *promisev1.RemedyRequired, wanted typepb.Remedy_Type) bool {
	return slices.ContainsFunc(required.GetRemedies(), func(r *typepb.Remedy) bool { return r.GetType() == wanted })
}

// mails: every message has come to its end, none came twice, and each that is said to be sent has come. Channel 1 is EMAIL;
// state 3 is SENT and 5 UNKNOWN.
func (b *audit) mails(ctx context.Context) (wrong []string, err error) {
	notification := b.Services["notification"]
	wrong, err = breaches(ctx, notification, [][2]string{
		{"a delivery that has not ended", `select message_id from delivery where state in (1, 2)`},
		{"an attempt that has not ended", `select message_id from attempt where ended is null`},
	})
	if err != nil {
		return nil, err
	}
	sent, err := dbaudit.Column(ctx, notification, `select message_id || ' ' || state from delivery where channel = 6 and state in (3, 5)`)
	if err != nil {
		return nil, err
	}
	came := map[string]int{}
	for _, m := range sink.Mails() {
		id, _, _ := strings.Cut(m.MessageID, "@")
		came[id]++
	}
	for _, row := range sent {
		id, state, _ := strings.Cut(row, " ")
		if n := came[id]; n > 1 || n == 0 && state == "3" {
			wrong = append(wrong, fmt.Sprintf("the mail of message %s in state %s came %d times", id, state, n))
		}
	}
	return wrong, nil
}
