package backup_test

import (
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"kept.dev/kit/id"
	"kept.dev/kit/kittest"
	"kept.dev/kit/sqldb"
	"kept.dev/suite/backup"
	"kept.dev/suite/embedded"
	"kept.dev/suite/environment"
	"kept.dev/suite/scenario"
)

func TestMain(m *testing.M) { kittest.Main(m) }

// standing makes empty databases, and a Redis that knows nothing.
func standing(t *testing.T, keys, mailbox string) environment.Backends {
	t.Helper()
	redis, _ := kittest.Redis(t)
	on := environment.Backends{Databases: map[string]string{}, Redis: redis.URL(), Keys: keys, Mailbox: mailbox}
	for service := range embedded.Services() {
		on.Databases[service] = kittest.NewDatabase(t)
	}
	return on
}

func auditOf(t *testing.T, on environment.Backends) *audit {
	return openAudit(t, "pgx", on.Mailbox, func(service string) string { return on.Databases[service] })
}

// TestABackupOfTheDistributedSuite: customers shop while a backup is taken. What is restored from it, before a Redis that knows
// nothing, balances and is gone on with.
func TestABackupOfTheDistributedSuite(t *testing.T) {
	kittest.Long(t)
	on, out := standing(t, t.TempDir(), t.TempDir()), filepath.Join(t.TempDir(), "out")
	env, stop := environment.Distributed(t, on)
	openShop(t, env)
	require.NoError(t, runStory(t.Context(), env, shopping))
	rest := traffic(t, env)
	b := auditOf(t, on)
	require.Eventually(t, func() bool { return b.count(t, "order", `select count(*) from orders`) > 10 }, 20*time.Second, 20*time.Millisecond)
	_, err := backup.Dump(t.Context(), on.Databases, out)
	require.NoError(t, err)
	rest()
	b.balance(t)
	stop()
	all, before := b.count(t, "order", `select count(*) from orders`), goOnFrom(t, out, on)
	require.Greater(t, before, 10)
	require.Less(t, before, all)
	t.Logf("of %d orders the backup had %d", all, before)
}

// TestEventsOnTheirWayAreNotLost: at the moment of the backup one service has not had what others have published.
func TestEventsOnTheirWayAreNotLost(t *testing.T) {
	kittest.Long(t)
	on, out := standing(t, t.TempDir(), t.TempDir()), filepath.Join(t.TempDir(), "out")
	env, stop := environment.Distributed(t, on)
	openShop(t, env)
	require.NoError(t, runStory(t.Context(), env, shopping))
	b := auditOf(t, on)
	b.balance(t)
	stop()
	on.Away = "customer"
	env, stop = environment.Distributed(t, on)
	var customer string
	require.NoError(t, b.Services["order"].QueryRowContext(t.Context(), `select name from known_customer`).Scan(&customer))
	require.NoError(t, runStory(t.Context(), env, func(p *scenario.Runner) { order(p, customer) }))
	require.Eventually(t, func() bool { return b.count(t, "order", `select count(*) from outbox where pending`) == 0 },
		10*time.Second, 20*time.Millisecond, "all is published")
	_, err := backup.Dump(t.Context(), on.Databases, out)
	require.NoError(t, err)
	stop()
	wrong, err := b.promises(t.Context())
	require.NoError(t, err)
	require.NotEmpty(t, wrong, "the promise book has not heard of it")
	on.Away = ""
	goOnFrom(t, out, on)
}

// goOnFrom restores a backup, starts a suite on it, which settles by itself and works, and says how many orders the backup had.
func goOnFrom(t *testing.T, backedUp string, was environment.Backends) (orders int) {
	t.Helper()
	on := standing(t, was.Keys, was.Mailbox)
	_, err := backup.RestoreDumps(t.Context(), backedUp, on.Databases)
	require.NoError(t, err)
	b := auditOf(t, on)
	orders = b.count(t, "order", `select count(*) from orders`)
	env, stop := environment.Distributed(t, on)
	defer stop()
	b.balance(t)
	require.NoError(t, runStory(t.Context(), env, shopping))
	b.balance(t)
	return orders
}

// TestRepublish: what was published is pending again, whatever its age, and nothing that was taken in is forgotten meanwhile.
func TestRepublish(t *testing.T) {
	url := kittest.NewDatabase(t)
	db := kittest.Open(t, url)
	for _, age := range []time.Duration{0, 6 * 24 * time.Hour, 100 * 24 * time.Hour} {
		kittest.Exec(t, db, `insert into outbox (id, pending, type, subject, version, time, traceparent, data) values ($1, false, '', '', 1, 1, '', $2)`,
			id.Floor(time.Now().Add(-age)), []byte{})
	}
	require.NoError(t, backup.Republish(t.Context(), map[string]string{"order": url}))
	require.EqualValues(t, 3, kittest.Number(t, db, `select count(*) from outbox where pending`))
	kept := time.UnixMicro(kittest.Number(t, db, `select until from lease where name = 'tidy'`))
	require.WithinDuration(t, time.Now().Add(7*24*time.Hour), kept, time.Minute)
}

// TestNothingThatIsRestoredIsLeased: whoever had taken it is not there any more.
func TestNothingThatIsRestoredIsLeased(t *testing.T) {
	url, restored := kittest.NewDatabase(t), kittest.NewDatabase(t)
	db, soon := kittest.Open(t, url), time.Now().Add(time.Hour).UnixMicro()
	kittest.Exec(t, db, `insert into lease (name, holder, until) values ('relay', 'a process', $1)`, soon)
	kittest.Exec(t, db, `insert into timer (kind, key, due, payload, traceparent, leased) values ('mail', '1', 1, '', '', $1)`, soon)
	out := filepath.Join(t.TempDir(), "out")
	_, err := backup.Dump(t.Context(), map[string]string{"order": url}, out)
	require.NoError(t, err)
	_, err = backup.RestoreDumps(t.Context(), out, map[string]string{"order": restored})
	require.NoError(t, err)
	db = kittest.Open(t, restored)
	require.Zero(t, kittest.Number(t, db, `select until from lease where name = 'relay'`))
	require.Zero(t, kittest.Number(t, db, `select leased from timer`))
	require.EqualValues(t, 1, kittest.Number(t, db, `select count(*) from lease where name = 'tidy' and until > $1`, soon), "what was taken in is kept")
}

// TestABackupGivesUpOnABusyConsumer: it does not hold up the others for long, and they go on.
func TestABackupGivesUpOnABusyConsumer(t *testing.T) {
	databases := map[string]string{"order": kittest.NewDatabase(t), "customer": kittest.NewDatabase(t)}
	order, customer := kittest.Open(t, databases["order"]), kittest.Open(t, databases["customer"])
	out := filepath.Join(t.TempDir(), "out")
	require.NoError(t, customer.Update(t.Context(), "busy", func(tx *sqldb.Tx) error {
		if _, err := tx.Query(`insert into inbox (id, handler) values ('1', 'h') returning id`); err != nil {
			return err
		}
		_, err := backup.Dump(t.Context(), databases, out)
		require.ErrorContains(t, err, "customer: hold the inbox")
		return nil
	}))
	kittest.Exec(t, order, `insert into inbox (id, handler) values ('2', 'h')`)
	_, err := backup.Dump(t.Context(), databases, out)
	require.NoError(t, err)
}

func TestWhatIsNotRestored(t *testing.T) {
	url := kittest.NewDatabase(t)
	kittest.Open(t, url)
	databases := map[string]string{"order": url}
	out := filepath.Join(t.TempDir(), "out")
	m, err := backup.Dump(t.Context(), databases, out)
	require.NoError(t, err)
	require.Equal(t, "distributed", m.Shape)
	_, err = backup.Dump(t.Context(), databases, out)
	require.ErrorContains(t, err, "is there already")
	_, err = backup.RestoreDumps(t.Context(), out, databases)
	require.ErrorContains(t, err, "has tables already")
	_, err = backup.RestoreDumps(t.Context(), out, map[string]string{})
	require.ErrorContains(t, err, "1 databases, and 0 are named")
	_, err = backup.RestoreDumps(t.Context(), out, map[string]string{"support": kittest.NewDatabase(t)})
	require.ErrorContains(t, err, "support.dump")
	_, err = backup.Restore(t.Context(), out, filepath.Join(t.TempDir(), "data"))
	require.ErrorContains(t, err, "of the distributed suite")
	_, err = backup.Dump(t.Context(), map[string]string{"order": "postgres://nobody:s3cret@127.0.0.1:1/order"}, out+"2")
	require.Error(t, err)
	require.NotContains(t, err.Error(), "s3cret")
	left, err := os.ReadDir(filepath.Dir(out))
	require.NoError(t, err)
	require.Len(t, left, 1, "nothing is left of what failed")
}
