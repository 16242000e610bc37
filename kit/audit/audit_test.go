package audit_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"kept.dev/kit/access"
	"kept.dev/kit/audit"
	"kept.dev/kit/kittest"
	"kept.dev/kit/ops"
	"kept.dev/kit/sqldb"
	accessv1 "kept.dev/proto/gen/kept/access/v1"
	opsv1 "kept.dev/proto/gen/kept/ops/v1"
)

func TestMain(m *testing.M) { kittest.Main(m) }

var (
	anna  = access.Principal{Role: accessv1.Role_ROLE_AGENT, Subject: "agents/anna"}
	order = audit.Entry{Resource: "orders/7", Subject: "customers/1"}
)

func as(t testing.TB, p access.Principal) context.Context { return access.With(t.Context(), p) }

func count(t testing.TB, db *sqldb.DB) int64 {
	t.Helper()
	return kittest.Number(t, db, `select count(*) from audit`)
}

func TestAChangeAndItsEntryAreOne(t *testing.T) {
	kittest.OnBoth(t, func(t *testing.T, db *sqldb.DB) {
		broken := errors.New("no")
		change := func(fault error) error {
			return db.Update(t.Context(), "test", func(tx *sqldb.Tx) error {
				audit.Changed(as(t, anna), tx, order, audit.Entry{Resource: "orders/8"})
				return fault
			})
		}
		require.ErrorIs(t, change(broken), broken)
		require.Zero(t, count(t, db))
		require.NoError(t, change(nil))
		list := entries(t, db, "")
		require.Len(t, list, 2)
		first := list[0]
		if first.GetResource() != "orders/7" {
			first = list[1]
		}
		require.Equal(t, "agents/anna", first.GetPrincipal())
		require.Equal(t, accessv1.Role_ROLE_AGENT, first.GetRole())
		require.Equal(t, "customers/1", first.GetSubject())
		require.Equal(t, opsv1.AuditEntry_CHANGED, first.GetAction())
		require.WithinDuration(t, time.Now(), first.GetCreateTime().AsTime(), time.Minute)
	})
}

// run runs the reads until the returned function is called.
func run(t testing.TB, r *audit.Reads) (stop func()) {
	ctx, cancel := context.WithCancel(context.WithoutCancel(t.Context()))
	done := make(chan struct{})
	go func() { defer close(done); _ = r.Run(ctx) }()
	return func() { cancel(); <-done }
}

func TestReadsAreWrittenTogetherAndAtTheEnd(t *testing.T) {
	kittest.OnBoth(t, func(t *testing.T, db *sqldb.DB) {
		reads := audit.NewReads(db, slog.New(slog.DiscardHandler))
		for range 5 {
			require.NoError(t, reads.Note(as(t, anna), order, audit.Entry{Resource: "orders/8"}))
		}
		require.NoError(t, reads.Note(as(t, access.Service("order")), order))
		require.Zero(t, count(t, db), "nobody who reads waits for the table")
		run(t, reads)()
		require.EqualValues(t, 3, count(t, db), "the same read is one entry")
		require.Len(t, entries(t, db, `action = READ AND principal = "services/order"`), 1)

		stop := run(t, reads)
		require.NoError(t, reads.Note(as(t, anna), order))
		require.Eventually(t, func() bool { return count(t, db) == 4 }, 10*time.Second, 10*time.Millisecond)
		stop()
	})
}

// What waits is bounded, and nothing is shown that can't be noted.
func TestTooManyReadsAreWrittenByWhoeverReads(t *testing.T) {
	kittest.OnBoth(t, func(t *testing.T, db *sqldb.DB) {
		reads := audit.NewReads(db, slog.New(slog.DiscardHandler))
		note := func(n int) error { return reads.Note(as(t, anna), audit.Entry{Resource: fmt.Sprint("orders/", n)}) }
		for n := range 4096 {
			require.NoError(t, note(n))
		}
		require.Zero(t, count(t, db))
		kittest.Exec(t, db, `alter table audit rename to away`)
		require.Error(t, note(4096), "no room, and no table")
		kittest.Exec(t, db, `alter table away rename to audit`)
		require.NoError(t, note(4097))
		require.EqualValues(t, 4096, count(t, db), "what could not be written was kept")
		run(t, reads)()
		require.EqualValues(t, 4097, count(t, db))
	})
}

// entries lists by pages of two.
func entries(t testing.TB, db *sqldb.DB, filter string) (all []*opsv1.AuditEntry) {
	t.Helper()
	service := &ops.Audit{Service: "order", DB: db}
	for req := (&opsv1.ListAuditEntriesRequest{Parent: "services/order", PageSize: 2, Filter: filter}); ; {
		res, err := service.ListAuditEntries(t.Context(), req)
		require.NoError(t, err)
		all = append(all, res.GetAuditEntries()...)
		if req.PageToken = res.GetNextPageToken(); req.GetPageToken() == "" {
			return all
		}
		require.Len(t, res.GetAuditEntries(), 2)
	}
}

func TestListAuditEntries(t *testing.T) {
	kittest.OnBoth(t, func(t *testing.T, db *sqldb.DB) {
		for i := range 7 {
			require.NoError(t, db.Update(t.Context(), "test", func(tx *sqldb.Tx) error {
				audit.Changed(as(t, anna), tx, audit.Entry{Resource: fmt.Sprint("orders/", i), Subject: fmt.Sprint("customers/", i%2)})
				return nil
			}))
		}
		all := entries(t, db, "")
		require.Len(t, all, 7)
		for i := range all[1:] {
			require.False(t, all[i+1].GetCreateTime().AsTime().After(all[i].GetCreateTime().AsTime()), "the latest first")
		}
		require.Regexp(t, "^services/order/auditEntries/[0-9a-f-]{36}$", all[0].GetName())
		require.Len(t, entries(t, db, `subject = "customers/1"`), 3)
		require.Len(t, entries(t, db, `resource = "orders/4" AND principal = "agents/anna"`), 1)
		require.Empty(t, entries(t, db, `action = READ`))
		require.Empty(t, entries(t, db, `create_time < "2026-01-01T00:00:00Z"`))

		service := &ops.Audit{Service: "order", DB: db}
		_, err := service.ListAuditEntries(t.Context(), &opsv1.ListAuditEntriesRequest{Parent: "services/loyalty"})
		require.ErrorContains(t, err, "services/loyalty")
	})
}
