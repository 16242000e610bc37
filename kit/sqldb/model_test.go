package sqldb_test

import (
	"errors"
	"fmt"
	"maps"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"kept.dev/kit/sqldb"
)

// step is one statement of a closure: it puts, adds to or deletes a row. Values stay within 0 and 9 by a CHECK.
type step struct {
	verb string
	id   string
	n    int64
}

// plan is a closure: its steps, after which of them it asks for an answer, and how it ends.
type plan struct {
	steps []step
	ask   int
	fail  bool
}

var errPlanned = errors.New("planned")

// apply is what the plan does to a plain map, and whether it is refused.
func (p plan) apply(rows map[string]int64) (map[string]int64, bool) {
	rows = maps.Clone(rows)
	for _, s := range p.steps {
		old, exists := rows[s.id]
		switch {
		case s.verb == "put" && exists, s.verb == "put" && (s.n < 0 || s.n > 9):
			return nil, false
		case s.verb == "put":
			rows[s.id] = s.n
		case s.verb == "delete":
			delete(rows, s.id)
		case exists && (old+s.n < 0 || old+s.n > 9):
			return nil, false
		case exists:
			rows[s.id] = old + s.n
		}
	}
	return rows, !p.fail
}

func (p plan) closure(tx *sqldb.Tx) error {
	for i, s := range p.steps {
		switch s.verb {
		case "put":
			tx.Exec("insert into small values ($2, $1)", s.n, s.id)
		case "add":
			tx.Exec("update small set n = n + $2 where id = $1", s.id, s.n)
		case "delete":
			tx.Exec("delete from small where id = $1", s.id)
		}
		if i == p.ask {
			if _, err := tx.Query("select count(*) from small"); err != nil {
				return err
			}
		}
	}
	if p.fail {
		return errPlanned
	}
	return nil
}

func plans() *rapid.Generator[plan] {
	return rapid.Custom(func(t *rapid.T) plan {
		steps := rapid.SliceOfN(rapid.Custom(func(t *rapid.T) step {
			return step{
				verb: rapid.SampledFrom([]string{"put", "put", "add", "add", "delete"}).Draw(t, "verb"),
				id:   rapid.SampledFrom([]string{"a", "b", "c", "d"}).Draw(t, "id"),
				n:    rapid.Int64Range(-2, 11).Draw(t, "n"),
			}
		}), 1, 4).Draw(t, "steps")
		return plan{steps: steps, ask: rapid.IntRange(-1, 4).Draw(t, "ask"), fail: rapid.IntRange(0, 5).Draw(t, "fail") == 0}
	})
}

// One after the other, every plan does to the database what it does to a map. Then groups of plans that commute
// (each has its own rows) do.
func TestUpdatesFollowTheModel(t *testing.T) {
	onBoth(t, func(t *testing.T, dialect string) {
		db := newDB(t, dialect, oneWriter)
		exec(t, db, "create table small (id text not null primary key, n bigint not null constraint n_small check (n between 0 and 9))")
		rapid.Check(t, func(rt *rapid.T) {
			exec(t, db, "delete from small")
			model := map[string]int64{}
			for range rapid.IntRange(1, 3).Draw(rt, "rounds") {
				for _, p := range rapid.SliceOfN(plans(), 1, 4).Draw(rt, "plans") {
					after, ok := p.apply(model)
					err := db.Update(t.Context(), "test", p.closure)
					require.Equal(rt, ok, err == nil, "%+v: %v", p, err)
					if ok {
						model = after
					}
				}
				group := holdWriter(t, db)
				members := rapid.SliceOfN(plans(), 1, 5).Draw(rt, "members")
				want := make([]bool, len(members))
				for i, p := range members {
					for j := range p.steps {
						p.steps[j].id = fmt.Sprint(p.steps[j].id, i)
					}
					if after, ok := p.apply(model); ok {
						model, want[i] = after, true
					}
					group.join(t.Context(), p.closure)
				}
				group.run()
				for i, o := range group.joined {
					require.Equal(rt, want[i], o.err == nil, "%+v: %v", members[i], o.err)
				}
				require.Equal(rt, model, small(t, db))
			}
		})
	})
}

func small(t *testing.T, db *sqldb.DB) map[string]int64 {
	rows, err := db.Query(t.Context(), "select id, n from small")
	require.NoError(t, err)
	out := map[string]int64{}
	for rows.Next() {
		var id string
		var n int64
		require.NoError(t, rows.Scan(&id, &n))
		out[id] = n
	}
	return out
}
