package upgrade_test

import (
	"fmt"
	"io/fs"
	"net/http"
	"path/filepath"
	"strconv"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"golang.org/x/sync/errgroup"

	"kept.dev/kit/kittest"
	"kept.dev/kit/sqldb"
	accessv1 "kept.dev/proto/gen/kept/access/v1"
	"kept.dev/suite/embedded"
	"kept.dev/suite/environment"
	"kept.dev/suite/scenario"
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

// TestThisVersionGoesOnBesideTheNext brings up the databases while this version takes orders, and starts it again afterwards, as an
// upgrade that is taken back does. No call fails.
func TestThisVersionGoesOnBesideTheNext(t *testing.T) {
	kittest.Long(t)
	redis, _ := kittest.Redis(t)
	on := environment.Backends{Databases: map[string]string{}, Redis: redis.URL(), Keys: t.TempDir(), Mailbox: t.TempDir()}
	for service := range embedded.Services() {
		on.Databases[service] = kittest.NewDatabase(t)
	}
	env, stop := environment.Distributed(t, on)
	require.NoError(t, runStory(t, env, writeHistory))
	require.NoError(t, runStory(t, env, goOn))

	var failed failures
	env.HTTP = &http.Client{Timeout: time.Minute, Transport: &failed}
	var shopping errgroup.Group
	done, orders := make(chan struct{}), new(atomic.Int64)
	for range 2 {
		shopping.Go(func() error { return runStory(t, env, shop(done, orders)) })
	}
	for service, url := range on.Databases {
		bringNext(t, today(t)[service], service, url)
	}
	close(done)
	require.NoError(t, shopping.Wait())
	require.Empty(t, failed.list())
	t.Logf("%d orders meanwhile", orders.Load())
	require.NoError(t, runStory(t, env, delivered(2+orders.Load())))
	stop()

	env, stop = environment.Distributed(t, on)
	require.NoError(t, runStory(t, env, shop(done, orders)))
	require.NoError(t, runStory(t, env, delivered(2+orders.Load())))
	stop()
	requireSound(t, on.Databases)
}

// TestThisVersionComesBackAfterTheNext starts the embedded suite on a folder that the next version has brought up.
func TestThisVersionComesBackAfterTheNext(t *testing.T) {
	dir := t.TempDir()
	for service := range embedded.Services() {
		url := "sqlite:" + filepath.Join(dir, service+".db")
		build(t, last(t), service, url)
		bringNext(t, today(t)[service], service, url)
	}
	suite, env := environment.EmbeddedWith(t, embedded.Config{Dir: dir})
	require.NoError(t, runStory(t, env, goOn))
	for service, db := range suite.Databases() {
		require.Empty(t, broken(t, db), service)
	}
}

// shop has the customer order and get pots until it is done, once at least.
func shop(done <-chan struct{}, orders *atomic.Int64) func(*scenario.Runner) {
	return func(p *scenario.Runner) {
		admin := p.As(accessv1.Role_ROLE_ADMIN, "admins/owner")
		customer, _ := p.Get(admin, "/v1/customers").OK().List("customers")[0]["name"].(string)
		for {
			deliver(p, admin, place(p, admin, customer))
			orders.Add(1)
			select {
			case <-done:
				return
			default:
			}
		}
	}
}

// delivered checks that so many orders are delivered, and that each has brought its points.
func delivered(want int64) func(*scenario.Runner) {
	return func(p *scenario.Runner) {
		admin := p.As(accessv1.Role_ROLE_ADMIN, "admins/owner")
		customer, _ := p.Get(admin, "/v1/customers").OK().List("customers")[0]["name"].(string)
		p.Equal(want, int64(len(names(p, admin, "orders", "state=DELIVERED"))), "orders that are DELIVERED")
		p.Soon("points", func() scenario.Answer {
			return p.Get(admin, "/v1/programs/main/accounts/"+customer[len("customers/"):])
		}, func(a scenario.Answer) bool { return a.Text("balance") == strconv.FormatInt(pointsOfPot*want, 10) })
	}
}

// failures carries requests, and keeps those that a server has failed at.
type failures struct {
	mu    sync.Mutex
	calls []string
}

// RoundTrip carries one.
func (f *failures) RoundTrip(r *http.Request) (*http.Response, error) {
	res, err := http.DefaultTransport.RoundTrip(r)
	if err != nil || res.StatusCode >= http.StatusInternalServerError {
		f.mu.Lock()
		defer f.mu.Unlock()
		f.calls = append(f.calls, fmt.Sprint(r.Method, " ", r.URL.Path, ": ", res, err))
	}
	return res, err
}

func (f *failures) list() []string {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.calls
}
