package upgrade_test

import (
	"io/fs"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"kept.dev/kit/kittest"
	"kept.dev/kit/sqldb"
	accessv1 "kept.dev/proto/gen/kept/access/v1"
	"kept.dev/suite/embedded"
	"kept.dev/suite/scenario"
	"kept.dev/suite/stage"
	"kept.dev/suite/upgrade"
)

// bringNext gives a service's database the schema of the next release, and returns the table it was told apart by.
func bringNext(t *testing.T, today fs.FS, service, url string) {
	t.Helper()
	db, err := sqldb.Open(t.Context(), sqldb.Config{URL: url})
	require.NoError(t, err)
	defer db.Close()
	tables, err := upgrade.Tables(t.Context(), db)
	require.NoError(t, err)
	require.Contains(t, tables, "outbox", service)
	next, err := upgrade.Next(today, tables)
	require.NoError(t, err)
	faults, err := upgrade.Faults(today, next, nil)
	require.NoError(t, err)
	require.Empty(t, faults, "the rule allows it")
	require.NoError(t, db.Migrate(t.Context(), next, "schema_version"))
	_, err = db.Query(t.Context(), `select of_the_next_release from outbox`)
	require.NoError(t, err, service)
}

// TestThisVersionGoesOnBesideTheNext brings up the databases while this version works on them, and starts it again afterwards,
// as an upgrade that is taken back does.
func TestThisVersionGoesOnBesideTheNext(t *testing.T) {
	redis, _ := kittest.Redis(t)
	on := stage.Standing{Databases: map[string]string{}, Redis: redis.URL(), Keys: t.TempDir(), Mailbox: t.TempDir()}
	for service := range embedded.Services() {
		on.Databases[service] = kittest.NewURL(t, "postgres")
	}
	where, stop := stage.Distributed(t, on)
	require.NoError(t, perform(t, where, writeHistory))
	for service, url := range on.Databases {
		bringNext(t, today(t)[service], service, url)
	}
	require.NoError(t, perform(t, where, goOn))
	stop()
	where, stop = stage.Distributed(t, on)
	require.NoError(t, perform(t, where, oneMore))
	stop()
	for service, url := range on.Databases {
		db, err := sqldb.Open(t.Context(), sqldb.Config{URL: url})
		require.NoError(t, err)
		require.Empty(t, broken(t, db), service)
		db.Close()
	}
}

// TestThisVersionComesBackAfterTheNext starts the embedded suite on a folder that the next version has brought up.
func TestThisVersionComesBackAfterTheNext(t *testing.T) {
	dir := t.TempDir()
	for service := range embedded.Services() {
		url := "sqlite:" + filepath.Join(dir, service+".db")
		build(t, last(t), service, url)
		bringNext(t, today(t)[service], service, url)
	}
	suite, where := stage.EmbeddedWith(t, embedded.Config{Dir: dir})
	require.NoError(t, perform(t, where, goOn))
	for service, db := range suite.Databases() {
		require.Empty(t, broken(t, db), service)
	}
}

// oneMore places and delivers an order after all that goOn has done.
func oneMore(p *scenario.Play) {
	admin := p.As(accessv1.Role_ROLE_ADMIN, "admins/owner")
	customer, _ := p.Get(admin, "/v1/customers").OK().List("customers")[0]["name"].(string)
	deliver(p, admin, place(p, admin, customer))
	p.Equal(3, len(names(p, admin, "orders", "state=DELIVERED")), "orders that are DELIVERED")
}
