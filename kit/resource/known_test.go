package resource_test

import (
	"context"
	"errors"
	"testing"

	"github.com/stretchr/testify/require"

	"kept.dev/kit/errs"
	"kept.dev/kit/kittest"
	"kept.dev/kit/resource"
	"kept.dev/kit/sqldb"
)

func TestTheOwnerIsAskedOnce(t *testing.T) {
	onBoth(t, func(t *testing.T, db *sqldb.DB) {
		kittest.Exec(t, db, `create table known_thing (name text not null constraint known_thing_pkey primary key)`)
		asked, away := 0, errors.New("away")
		things := resource.Known{Table: "known_thing", Ask: func(_ context.Context, name string) error {
			asked++
			return map[string]error{"things/none": errs.NotFound(name), "things/away": away}[name]
		}}
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

		write(t, db, func(tx *sqldb.Tx) error {
			things.Keep(tx, "things/3", "things/2", "things/1")
			things.Keep(tx)
			return nil
		})
		require.NoError(t, things.Check(t.Context(), db, "order.thing", "things/2"))
		require.Equal(t, 4, asked)
		require.EqualValues(t, 3, kittest.Number(t, db, `select count(*) from known_thing`))
	})
}
