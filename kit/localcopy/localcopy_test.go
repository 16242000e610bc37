package localcopy_test

import (
	"context"
	"errors"
	"testing"

	"github.com/stretchr/testify/require"

	"kept.dev/kit/errs"
	"kept.dev/kit/kittest"
	"kept.dev/kit/localcopy"
	"kept.dev/kit/sqldb"
)

func TestMain(m *testing.M) { kittest.Main(m) }

func write(t *testing.T, db *sqldb.DB, do func(tx *sqldb.Tx)) {
	t.Helper()
	require.NoError(t, db.Update(t.Context(), "test", func(tx *sqldb.Tx) error { do(tx); return nil }))
}

func TestTheOwnerIsAskedOnce(t *testing.T) {
	kittest.OnBoth(t, func(t *testing.T, db *sqldb.DB) {
		kittest.Exec(t, db, `create table known_thing (name text not null constraint known_thing_pkey primary key)`)
		asked, away := 0, errors.New("away")
		things := localcopy.Names("known_thing", func(_ context.Context, name string) error {
			asked++
			return map[string]error{"things/none": errs.NotFound(name), "things/away": away}[name]
		})
		for range 2 {
			require.NoError(t, things.Check(t.Context(), db, "order.thing", "things/1"))
		}
		require.Equal(t, 1, asked)
		for range 2 { // what is not there may come
			err := things.Check(t.Context(), db, "order.thing", "things/none")
			require.Equal(t, "INVALID_REQUEST", errs.ReasonOf(err))
			require.ErrorContains(t, err, "order.thing")
		}
		require.ErrorIs(t, things.Check(t.Context(), db, "order.thing", "things/away"), away)
		require.Equal(t, 4, asked)

		write(t, db, func(tx *sqldb.Tx) {
			things.Keep(tx, "things/3", "things/2", "things/1")
			things.Keep(tx)
		})
		require.NoError(t, things.Check(t.Context(), db, "order.thing", "things/2"))
		require.Equal(t, 4, asked)
		require.EqualValues(t, 3, kittest.Number(t, db, `select count(*) from known_thing`))
	})
}

// thing is something that its owner changes.
type thing struct {
	name    string
	version int64
	colour  string
}

func things(ask func(context.Context, string) (thing, error)) localcopy.Copy[thing] {
	return localcopy.Copy[thing]{
		Table: "thing", Columns: []string{"id", "version", "colour"}, Version: "version",
		Values: func(o thing) []any { return []any{o.name, o.version, o.colour} },
		Scan:   func(r *sqldb.Rows) (o thing, err error) { return o, r.Scan(&o.name, &o.version, &o.colour) },
		Ask:    ask,
	}
}

func TestTheLatestStands(t *testing.T) {
	kittest.OnBoth(t, func(t *testing.T, db *sqldb.DB) {
		kittest.Exec(t, db, `create table thing (
			id text not null constraint thing_pkey primary key, version bigint not null, colour text not null)`)
		owned := thing{"things/2", 7, "owned"}
		all := things(func(_ context.Context, name string) (thing, error) {
			if name != owned.name {
				return thing{}, errs.NotFound(name)
			}
			return owned, nil
		})
		write(t, db, func(tx *sqldb.Tx) {
			all.Keep(tx, thing{"things/3", 1, "red"}, thing{"things/1", 1, "red"}, thing{"things/1", 3, "green"}, thing{"things/1", 2, "late"})
		})
		write(t, db, func(tx *sqldb.Tx) { all.Keep(tx, thing{"things/1", 2, "late"}, thing{"things/3", 2, "blue"}) })
		known, err := all.Known(t.Context(), db, "things/1", "things/2", "things/3")
		require.NoError(t, err)
		require.Equal(t, map[string]thing{"things/1": {"things/1", 3, "green"}, "things/3": {"things/3", 2, "blue"}}, known)

		for name, want := range map[string]thing{"things/1": {"things/1", 3, "green"}, "things/2": owned} {
			got, err := all.Get(t.Context(), db, name)
			require.NoError(t, err)
			require.Equal(t, want, got)
		}
		_, err = all.Get(t.Context(), db, "things/none")
		require.Equal(t, errs.KindNotFound, errs.KindOf(err))
	})
}
