package endurance_test

import (
	"bytes"
	"database/sql"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	accessv1 "kept.dev/proto/gen/kept/access/v1"
	orderv1 "kept.dev/proto/gen/kept/order/v1"
	"kept.dev/suite/cluster"
	"kept.dev/suite/importer"
	"kept.dev/suite/scenario"
)

// importKills is how often a process dies while the history is imported.
const importKills = 5

// TestImportEmbedded and TestImportDistributed import the whole history while processes die at random moments. In the end
// all is there, once; and a second import changes nothing.
func TestImportEmbedded(t *testing.T) {
	e, dir := startEmbedded(t)
	importHistory(t, e.Environment(), auditOfFolder(t, dir), e.Process)
}

func TestImportDistributed(t *testing.T) {
	c := startCluster(t)
	importHistory(t, c.Environment(), auditOfCluster(t, c), c.Processes...)
}

func importHistory(t *testing.T, env scenario.Environment, b *audit, processes ...*cluster.Process) {
	text, err := os.ReadFile(filepath.Join("..", "history", "cdnow_master.txt"))
	require.NoError(t, err)
	manager := managerOf(t, env)
	stop := cluster.Keep(processes...)
	first := manager.importFile(t, text, kills(t, int64(len(text)), processes))
	ends, err := stop()
	require.NoError(t, err)
	require.Equal(t, cluster.Ends{Killed: importKills}, ends)
	require.Equal(t, [5]int64{69659, 23570, 69659, 0, 0}, rowsOf(first))
	points := pointsOf(t, text)
	manager.requireHistory(t, b, points)
	before := b.rows(t)

	again := manager.importFile(t, text, func(importer.Progress) {})
	require.Equal(t, [5]int64{69659, 0, 0, 69659, 0}, rowsOf(again))
	manager.requireHistory(t, b, points)
	require.Equal(t, before, b.rows(t), "a second import changes nothing")
	t.Logf("import: %d orders, %d kills, and once more: all in the same final state", first.GetOrderCount(), importKills)
}

// kills kills a random process each time when the import passes one of five random places in the file.
func kills(t *testing.T, size int64, processes []*cluster.Process) func(importer.Progress) {
	var places []int64
	for range importKills {
		places = append(places, rand.Int64N(size*9/10)) // while there is something left to do
	}
	slices.Sort(places)
	var mu sync.Mutex
	return func(p importer.Progress) {
		mu.Lock()
		defer mu.Unlock()
		victim := processes[rand.IntN(len(processes))]
		if p.Phase != importer.Importing || len(places) == 0 || p.Done < places[0] || !victim.Ready(t.Context()) {
			return
		}
		require.NoError(t, syscall.Kill(victim.PID(), syscall.SIGKILL))
		t.Logf("import: %s was killed at %d%%", victim.Name, p.Percent())
		places = places[1:]
	}
}

// rowsOf are an import's rows, new customers, new orders, unchanged and faulty rows.
func rowsOf(i *orderv1.Import) [5]int64 {
	return [5]int64{i.GetRowCount(), i.GetCustomerCount(), i.GetOrderCount(), i.GetUnchangedCount(), i.GetFaultCount()}
}

// importManager is the manager who imports.
type importManager struct {
	importer.Client
	who client
}

func managerOf(t *testing.T, env scenario.Environment) *importManager {
	who := newClient(t, env, accessv1.Role_ROLE_ADMIN, "admins/owner")
	return &importManager{importer.Client{URL: who.url, Token: who.token, HTTP: who.http, Every: 20 * time.Millisecond}, who}
}

func (m *importManager) importFile(t *testing.T, text []byte, tell func(importer.Progress)) *orderv1.Import {
	name, err := m.Send(t.Context(), &orderv1.Import{Format: orderv1.Import_CDNOW, Issuer: "cdnow"}, bytes.NewReader(text), int64(len(text)), tell)
	require.NoError(t, err)
	done, err := m.Follow(t.Context(), name, tell)
	require.NoError(t, err)
	return done
}

// points are what the history earns: how many orders at least one point, and how many points.
type points struct{ orders, sum int64 }

func pointsOf(t *testing.T, text []byte) (p points) {
	for _, line := range strings.Split(strings.TrimSpace(string(text)), "\n")[1:] {
		dollars, _, _ := strings.Cut(strings.Fields(line)[3], ".")
		n, err := strconv.ParseInt(dollars, 10, 64)
		require.NoError(t, err)
		p.sum += n
		if n > 0 {
			p.orders++
		}
	}
	return p
}

// requireHistory waits until every event has been handled, and asks REST and the databases for the published figures.
func (m *importManager) requireHistory(t *testing.T, b *audit, p points) {
	t.Helper()
	b.quiet(t)
	report := m.get(t, "/v1/insights/default/rfmReport")
	require.Equal(t, "23570 69659 167881", fmt.Sprint(report["customerCount"], " ", report["orderCount"], " ", report["unitCount"]))
	require.Equal(t, map[string]any{"currencyCode": "USD", "units": "2500315", "nanos": 630_000_000.}, report["revenue"])
	proof := m.get(t, "/v1/programs/main:verifyLedger")
	require.Equal(t, true, proof["balanced"])
	require.Equal(t, fmt.Sprint(p.orders, " ", p.sum), fmt.Sprint(proof["entryCount"], " ", proof["balanceSum"]))
	for kind, count := range map[string]int64{
		"kept.order.v1.OrdersImported": 69659, "kept.loyalty.v1.PointsPosted": p.orders, "kept.customer.v1.CustomersImported": 23570,
	} {
		require.Equal(t, count, number(t, b.customer, `select count(*) from timeline_entry where event_type = '`+kind+`'`), kind)
	}
	require.Zero(t, number(t, b.Services["notification"], `select count(*) from message`), "nobody is told of what was long ago")
	require.Zero(t, number(t, b.customer, `select count(*) from promise`))
	for service, db := range b.Services {
		require.Zero(t, number(t, db, `select count(*) from timer where parked`), "dead letters of %s", service)
	}
}

func (m *importManager) get(t *testing.T, path string) map[string]any {
	t.Helper()
	r := insist(t, func() (reply, error) { return m.who.get(t.Context(), path) })
	var body map[string]any
	require.NoError(t, json.Unmarshal([]byte(r.body), &body))
	return body
}

// quiet waits until all that was said has been heard.
func (b *audit) quiet(t *testing.T) {
	t.Helper()
	require.Eventually(t, func() bool {
		unsaid, err := b.plumbing(t.Context())
		if err != nil || len(unsaid) > 0 {
			return false
		}
		unheard, err := b.Delivery(t.Context())
		return err == nil && len(unheard) == 0
	}, 4*patience, 200*time.Millisecond)
}

// lasting are the tables in which imports leave rows for good.
var lasting = map[string][]string{
	"order": {"orders", "order_line", "known_customer"}, "customer": {"customer", "identity", "timeline_entry", "purchase", "buyer"},
	"loyalty": {"account", "entry", "posting", "purchase"}, "notification": {"contact", "message"}, "support": {"known_customer"},
}

// rows counts the rows of those.
func (b *audit) rows(t *testing.T) map[string]int64 {
	counts := map[string]int64{}
	for service, tables := range lasting {
		for _, table := range tables {
			counts[service+"."+table] = number(t, b.Services[service], `select count(*) from `+table)
		}
	}
	return counts
}

func number(t *testing.T, db *sql.DB, query string) (n int64) {
	t.Helper()
	require.NoError(t, db.QueryRowContext(t.Context(), query).Scan(&n))
	return n
}
