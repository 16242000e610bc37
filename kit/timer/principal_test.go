package timer_test

import (
	"context"
	"testing"

	"github.com/stretchr/testify/require"

	"kept.dev/kit/access"
	"kept.dev/kit/sqldb"
	"kept.dev/kit/timer"
	accessv1 "kept.dev/proto/gen/kept/access/v1"
)

// What a timer does, its service does: a handler that were nobody would see no rows, and a log of changes would not say who it was.
func TestHandlersRunAsTheService(t *testing.T) {
	onBoth(t, func(t *testing.T, b *bench) {
		var callers []access.Principal
		w := b.worker(t, func(c *timer.Config) { c.Service = "order" })
		w.Handle(ring, func(ctx context.Context, _ *sqldb.Tx, _ timer.Timer) error {
			callers = append(callers, access.Caller(ctx))
			return nil
		})
		w.HandleOutside(call, func(ctx context.Context, _ timer.Timer) (func(context.Context, *sqldb.Tx) error, error) {
			callers = append(callers, access.Caller(ctx))
			return func(ctx context.Context, _ *sqldb.Tx) error {
				callers = append(callers, access.Caller(ctx))
				return nil
			}, nil
		})
		b.set(t, ring, "a", 0)
		b.set(t, call, "a", 0)
		require.Equal(t, 2, round(t, w))
		order := access.Principal{Role: accessv1.Role_ROLE_SERVICE, Subject: "services/order"}
		require.Equal(t, []access.Principal{order, order, order}, callers)
	})
}
