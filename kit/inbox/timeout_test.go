package inbox_test

import (
	"context"
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"

	"kept.dev/kit/access"
	"kept.dev/kit/event"
	"kept.dev/kit/inbox"
	"kept.dev/kit/kittest"
	"kept.dev/kit/sqldb"
)

// slowOn has a statement run out of time on the given words.
func slowOn(slow func(word string) bool) inbox.Handler {
	return inbox.On("a", func(_ context.Context, tx *sqldb.Tx, _ event.Event, fact *said) error {
		tx.Exec(`insert into effect (key) values ($1)`, fact.GetValue())
		if slow(fact.GetValue()) {
			tx.Exec(`set local statement_timeout = 20`)
			tx.Exec(`select pg_sleep(60)`)
		}
		return nil
	})
}

func onPostgres(t *testing.T) *sqldb.DB {
	return kittest.Open(t, kittest.NewURL(t, "postgres"), effects)
}

// One event that takes too long is found, and charged by itself.
func TestASlowEventAmongOthersIsChargedAlone(t *testing.T) {
	db := onPostgres(t)
	v := newVersion(t, db, slowOn(func(word string) bool { return word == "slow" }))
	events := many(t, 40)
	events[0] = newEvent(t, "slow")
	v.reads(events...)
	_, err := v.worker.Round(t.Context())
	require.NoError(t, err)
	require.EqualValues(t, 39, numberOf(t, db, `effect`))
	require.EqualValues(t, 1, numberOf(t, db, `timer`))
	require.EqualValues(t, 1, kittest.Number(t, db, `select attempts from timer`))
	require.EqualValues(t, 1, numberOf(t, db, fmt.Sprintf(`timer where key = '%s'`, events[0].ID)))
}

// Where everything is slow, no event is to blame: all are tried again, by themselves.
func TestWhereEverythingIsSlowNobodyIsCharged(t *testing.T) {
	db := onPostgres(t)
	slow := true
	v := newVersion(t, db, slowOn(func(string) bool { return slow }))
	v.reads(many(t, 3)...)
	require.EqualValues(t, 3, numberOf(t, db, `timer where attempts = 0`))
	_, err := v.worker.Round(t.Context())
	require.True(t, sqldb.TimedOut(err), "%v", err)
	require.EqualValues(t, 3, numberOf(t, db, `timer where attempts = 0`))
	slow = false
	v.works()
	require.EqualValues(t, 3, numberOf(t, db, `effect`))
	require.Zero(t, numberOf(t, db, `timer`))
}

// A batch that runs out of time before any handler is called is taken apart as well, or it would come again as it is for ever.
func TestABatchThatIsTooMuchToNoteIsTakenApart(t *testing.T) {
	db := onPostgres(t)
	kittest.Exec(t, db, `create function give_up() returns trigger language plpgsql as
		'begin if (select count(*) from added) > 10 then raise exception using errcode = ''57014''; end if; return null; end'`)
	kittest.Exec(t, db, `create trigger too_much after insert on inbox referencing new table as added for each statement execute function give_up()`)
	v := newVersion(t, db, named("a"))
	v.reads(many(t, 60)...)
	v.works()
	require.EqualValues(t, 60, numberOf(t, db, `effect`))
	require.Zero(t, numberOf(t, db, `timer`))
}

// A replica that waits for rows of another which has the same events leaves them to the bus, and charges nobody.
func TestWaitingForAnotherReplicasRowsChargesNobody(t *testing.T) {
	db := onPostgres(t)
	v := newVersion(t, db, named("a"))
	e := newEvent(t, "1")
	require.NoError(t, db.Update(t.Context(), "other", func(tx *sqldb.Tx) error {
		_, err := tx.Query(`insert into inbox (id, handler) values ($1, 'a') returning id`, e.ID)
		require.NoError(t, err)
		err = v.inbox.Handle(context.WithoutCancel(t.Context()), []event.Event{e})
		require.True(t, sqldb.Locked(err), "%v", err)
		return nil
	}))
	require.Zero(t, numberOf(t, db, `timer`))
}

// Handlers may do what their service may, whoever it was that caused the event.
func TestHandlersRunAsTheirService(t *testing.T) {
	onVersions(t, func(t *testing.T, db *sqldb.DB) {
		var callers []access.Principal
		v := newVersion(t, db, inbox.On("a", func(ctx context.Context, _ *sqldb.Tx, _ event.Event, fact *said) error {
			callers = append(callers, access.Caller(ctx))
			if len(callers) == 1 {
				return errBroken
			}
			return nil
		}))
		v.reads(newEvent(t, "1"), newEvent(t, "2"))
		v.works()
		require.Greater(t, len(callers), 1)
		for _, caller := range callers {
			require.Equal(t, access.Service("order"), caller)
		}
	})
}
