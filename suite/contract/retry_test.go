package contract_test

import (
	"testing"

	"github.com/stretchr/testify/require"
	"google.golang.org/grpc/codes"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/durationpb"

	"kept.dev/kit/id"
)

// TestALateRetryGetsItsFirstAnswer makes every changing call again, with its key, after the world has moved on: first a year later,
// when every deadline has passed and every timer has run, then when all that the call was about is gone, in every service.
func TestALateRetryGetsItsFirstAnswer(t *testing.T) {
	w := newFixture(t)
	type made struct {
		keyed
		way, key string
		request  proto.Message
		first    answer
	}
	var all []made
	for _, r := range rpcs(t) {
		if _, exempt := withoutKey()[r.full()]; !r.changes() || exempt {
			continue
		}
		for name, call := range w.ways(r) {
			k := keyed{w, r, call}
			key, request := id.New(), w.sample(t, r)
			all = append(all, made{k, name, key, request, k.succeeds(t, key, request)})
		}
	}
	again := func(when string) {
		for _, m := range all {
			t.Run(when+"/"+m.rpc.String()+"/"+m.way, func(t *testing.T) {
				a := m.call(t, m.rpc, m.who().token, m.key, m.request)
				require.Equal(t, codes.OK, a.code(), "%v", a)
				require.True(t, a.replayed)
				require.Equal(t, m.first.raw, a.raw, "the same bytes")
			})
		}
	}
	w.settle()
	w.advance(&durationpb.Duration{Seconds: 366 * 24 * 3600})
	again("a year later")
	w.data.empty(t)
	again("when all is gone")
}

// kept are the tables that stay when all else is gone: the answers that were given, and which migrations have run.
var kept = map[string]bool{"idempotency": true, "goose_db_version": true}

// empty takes everything out of every table of every service but those.
func (d *database) empty(t testing.TB) {
	for _, db := range d.services {
		conn, err := db.Conn(t.Context())
		require.NoError(t, err)
		_, err = conn.ExecContext(t.Context(), `pragma foreign_keys = off`)
		require.NoError(t, err)
		for _, trigger := range query(t, db, `select name from sqlite_master where type = 'trigger'`) { // such as what keeps a ledger's entries
			_, err := conn.ExecContext(t.Context(), `drop trigger `+trigger)
			require.NoError(t, err)
		}
		for _, table := range query(t, db, `select name from sqlite_master where type = 'table' and name not like 'sqlite_%'`) {
			if !kept[table] {
				_, err := conn.ExecContext(t.Context(), `delete from `+table)
				require.NoError(t, err)
			}
		}
		require.NoError(t, conn.Close())
	}
}
