package outbox_test

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/wrapperspb"

	"kept.dev/kit/clock"
	"kept.dev/kit/kittest"
	"kept.dev/kit/outbox"
	"kept.dev/kit/sqldb"
)

func TestMain(m *testing.M) { kittest.Main(m) }

// TestAppendAllWritesWhatAppendWrites, one after the other, in the same order; many at once, so that they take several statements.
func TestAppendAllWritesWhatAppendWrites(t *testing.T) {
	kittest.OnBoth(t, func(t *testing.T, db *sqldb.DB) {
		o := outbox.New("test", clock.Wall{})
		var facts []outbox.Record
		for i := range int64(1000) {
			facts = append(facts, outbox.Record{Subject: fmt.Sprint("things/", i%7), Version: i, Fact: wrapperspb.Int64(i)})
		}
		require.NoError(t, db.Update(t.Context(), "test", func(tx *sqldb.Tx) error { return o.AppendAll(t.Context(), tx, facts) }))
		atOnce := said(t, db)
		require.Len(t, atOnce, len(facts))

		kittest.Exec(t, db, `delete from outbox`)
		require.NoError(t, db.Update(t.Context(), "test", func(tx *sqldb.Tx) error {
			for _, f := range facts {
				if err := o.Append(t.Context(), tx, f.Subject, f.Version, f.Fact); err != nil {
					return err
				}
			}
			return nil
		}))
		require.Equal(t, said(t, db), atOnce)
	})
}

// TestPutSaysManyFactsOfOneSubject under the same version, and nothing where there is none.
func TestPutSaysManyFactsOfOneSubject(t *testing.T) {
	kittest.OnBoth(t, func(t *testing.T, db *sqldb.DB) {
		o := outbox.New("test", clock.Wall{})
		require.NoError(t, db.Update(t.Context(), "test", func(tx *sqldb.Tx) error {
			if err := o.Append(t.Context(), tx, "things/0", 1); err != nil {
				return err
			}
			return o.Append(t.Context(), tx, "things/1", 4, wrapperspb.Int64(1), wrapperspb.Int64(2), wrapperspb.Int64(3))
		}))
		require.Equal(t, []string{"things/1 4 1 true", "things/1 4 2 true", "things/1 4 3 true"}, said(t, db))
	})
}

// TestPutWakesTheRelay once its events are durable, and not before.
func TestPutWakesTheRelay(t *testing.T) {
	kittest.OnBoth(t, func(t *testing.T, db *sqldb.DB) {
		o := outbox.New("test", clock.Wall{})
		require.NoError(t, db.Update(t.Context(), "test", func(tx *sqldb.Tx) error {
			if err := o.Append(t.Context(), tx, "things/1", 1, wrapperspb.Int64(1)); err != nil {
				return err
			}
			require.Empty(t, o.Wake())
			return nil
		}))
		require.Len(t, o.Wake(), 1)
	})
}

// said is what is in the outbox, in the order in which it was said.
func said(t *testing.T, db *sqldb.DB) []string {
	rows, err := db.Query(t.Context(), `select type, subject, version, data, pending from outbox order by id`)
	require.NoError(t, err)
	lines, err := sqldb.All(rows, func(r *sqldb.Rows) (string, error) {
		var kind, subject string
		var version int64
		var data []byte
		var pending bool
		if err := r.Scan(&kind, &subject, &version, &data, &pending); err != nil {
			return "", err
		}
		require.Equal(t, "google.protobuf.Int64Value", kind)
		fact := &wrapperspb.Int64Value{}
		require.NoError(t, proto.Unmarshal(data, fact))
		return fmt.Sprint(subject, " ", version, " ", fact.GetValue(), " ", pending), nil
	})
	require.NoError(t, err)
	return lines
}
