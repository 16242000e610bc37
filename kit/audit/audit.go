// Package audit remembers who read or changed what of whom.
//
// What employees do is noted by itself (Call). A change is noted in its own transaction, so that neither is there without the other.
// Reads are noted together, about a second later: what was read in the last moment before a process dies is not noted.
package audit

import (
	"context"
	"time"

	"google.golang.org/grpc"

	"kept.dev/kit/access"
	"kept.dev/kit/id"
	"kept.dev/kit/sqldb"
	accessv1 "kept.dev/proto/gen/kept/access/v1"
	opsv1 "kept.dev/proto/gen/kept/ops/v1"
)

// Kept is how long entries are kept.
const Kept = 400 * 24 * time.Hour

// Entry says what was read or changed.
type Entry struct {
	// Resource is its name, such as "orders/0190…".
	Resource string
	// Subject is whose it is, such as "customers/0190…"; empty when it is nobody's.
	Subject string
}

// record is what somebody has done; the same done twice is one record.
type record struct {
	Entry
	principal access.Principal
	method    string
}

// recordOf is what the context's caller does to what the entry says.
func recordOf(ctx context.Context, e Entry) record {
	method, _ := grpc.Method(ctx)
	return record{Entry: e, principal: access.Caller(ctx), method: method}
}

const insert = `insert into audit (id, time, principal, role, method, action, resource, subject) values`

func (r record) row(action opsv1.AuditEntry_Action, at time.Time) []any {
	return []any{
		id.New(), at.UnixMicro(), r.principal.Subject, int64(r.principal.Role), r.method, int64(action), r.Resource, r.Subject,
	}
}

// Changed notes that the context's caller has changed something, in the transaction that changes it.
func Changed(ctx context.Context, tx *sqldb.Tx, entries ...Entry) {
	rows, now := make([][]any, len(entries)), time.Now()
	for i, e := range entries {
		rows[i] = recordOf(ctx, e).row(opsv1.AuditEntry_CHANGED, now)
	}
	tx.ExecValues(insert, rows, "")
}

// Columns are those of an entry, for Scan.
const Columns = `id, time, principal, role, method, action, resource, subject`

// Scan reads an entry. Its name is its id alone.
func Scan(r *sqldb.Rows) (*opsv1.AuditEntry, error) {
	var e opsv1.AuditEntry
	var micros, role, action int64
	err := r.Scan(&e.Name, &micros, &e.Principal, &role, &e.Method, &action, &e.Resource, &e.Subject)
	e.Role, e.Action = accessv1.Role(role), opsv1.AuditEntry_Action(action)
	e.CreateTime = stamp(micros)
	return &e, err
}
