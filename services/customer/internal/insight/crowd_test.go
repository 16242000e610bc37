package insight

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"kept.dev/kit/kittest"
	"kept.dev/kit/money"
	"kept.dev/kit/sqldb"
	customerv1 "kept.dev/proto/gen/kept/customer/v1"
)

// TestReplicasCountTheSameCustomers hears, in many transactions at once, of orders of the same few customers, each fact of an
// order somewhere else. No order is lost from the sums.
func TestReplicasCountTheSameCustomers(t *testing.T) {
	const replicas, rounds = 8, 60
	var all model
	var facts [replicas][]said
	for i := range replicas * rounds / 2 {
		o := order{
			id: fmt.Sprintf("o%03d", i), customer: fmt.Sprint("customers/", i%3), currency: "EUR", placed: true, delivered: i%2 == 0,
			cancelled: i%11 == 0, at: january.AddDate(0, 0, i%100), wanted: 100, came: int64(i), unitsWanted: 5, unitsThatCame: 4,
		}
		all = append(all, o)
		for n, f := range o.facts() {
			facts[(i+n)%replicas] = append(facts[(i+n)%replicas], f)
		}
	}
	onBoth(t, func(t *testing.T, b *bench) {
		var crowd sync.WaitGroup
		for _, mine := range facts {
			rand.Shuffle(len(mine), func(i, j int) { mine[i], mine[j] = mine[j], mine[i] })
			replica := newBench(t, b.db)
			crowd.Go(func() {
				for _, f := range mine {
					replica.hears(t, f)
				}
			})
		}
		crowd.Wait()
		require.Zero(t, kittest.Number(t, b.db, `select count(*) from timer`), "nothing has failed")
		requireProto(t, all.report("EUR"), b.report(t, ""))
		requireProtos(t, all.scores("EUR"), b.all(t, &customerv1.ListRfmScoresRequest{PageSize: 10}))
		requireProtos(t, all.months("EUR"), b.months(t, "", 10))
	})
}

// TestReplicasTakeInTheSameImports gives two replicas batches of orders of the same customers at once.
func TestReplicasTakeInTheSameImports(t *testing.T) {
	const imports, orders = 12, 100
	var all model
	var facts []said
	for i := range imports {
		var some model
		for n := range orders {
			some = append(some, order{
				id: fmt.Sprint("o", i, "-", n), customer: fmt.Sprint("customers/", (n*17+i)%40), currency: "EUR", imported: true,
				at: january.AddDate(0, 0, n), came: int64(n), unitsThatCame: 1,
			})
		}
		all = append(all, some...)
		facts = append(facts, said{january, importedOf(some)})
	}
	onBoth(t, func(t *testing.T, b *bench) {
		var crowd sync.WaitGroup
		for i := range imports {
			replica := newBench(t, b.db)
			crowd.Go(func() { replica.hears(t, facts[i], facts[(i+1)%imports]) })
		}
		crowd.Wait()
		require.Zero(t, kittest.Number(t, b.db, `select count(*) from timer`), "nothing has failed")
		requireProto(t, all.report("EUR"), b.report(t, ""))
	})
}

// TestACountWaitsForAnother holds the transaction of one order open until that of another order of the same customer waits for
// it: the second count has both.
func TestACountWaitsForAnother(t *testing.T) {
	db := kittest.Open(t, kittest.NewURL(t, "postgres"))
	require.NoError(t, db.Migrate(t.Context(), os.DirFS("../../migrations"), "schema_version"))
	b, all := newBench(t, db), model{}
	for i := range 3 {
		all = append(all, order{
			id: fmt.Sprint("o", i), customer: "customers/1", currency: "EUR", placed: true, at: january, wanted: 100, unitsWanted: 1,
		})
	}
	b.hears(t, all[0].facts()...)
	noted, commit, first, second := make(chan struct{}), make(chan struct{}), make(chan error, 1), make(chan error, 1)
	go func() {
		first <- db.Background().Update(t.Context(), "test", func(tx *sqldb.Tx) error {
			note(tx, ordered, all[1].purchase())
			_, err := tx.Query(`select 1`) // sends what was noted
			close(noted)
			<-commit
			return err
		})
	}()
	<-noted
	go func() {
		second <- db.Background().Update(t.Context(), "test", func(tx *sqldb.Tx) error { note(tx, ordered, all[2].purchase()); return nil })
	}()
	require.Eventually(t, func() bool {
		return kittest.Number(t, db, `select count(*) from pg_locks where not granted`) > 0
	}, 10*time.Second, time.Millisecond, "the second waits")
	close(commit)
	require.NoError(t, errors.Join(<-first, <-second))
	requireProto(t, all.report("EUR"), b.report(t, ""))
}

func (o order) purchase() purchase {
	return purchase{
		order: "orders/" + o.id, customer: o.customer, paid: money.Amount{Minor: o.wanted, Currency: o.currency}, at: o.at, units: o.unitsWanted,
	}
}
