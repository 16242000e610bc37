package sqldb_test

import (
	"fmt"
	"io"
	"maps"
	"net"
	"net/url"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/require"
	"google.golang.org/grpc/codes"

	"kept.dev/kit/errs"
	"kept.dev/kit/localserver"
	"kept.dev/kit/sqldb"
)

// What callers see when PostgreSQL's connections break.

func TestDeadlocksAreDoneAgain(t *testing.T) {
	db := newDB(t, "postgres")
	exec(t, db, "insert into log values ('a', 0), ('b', 0)")
	var meet sync.WaitGroup
	meet.Add(2)
	var runs atomic.Int64
	cross := func(first, second string) func() error {
		return func() error {
			tries := 0
			return db.Update(t.Context(), "test", func(tx *sqldb.Tx) error {
				runs.Add(1)
				tries++
				if _, err := tx.Query("update log set n = n + 1 where id = $1 returning n", first); err != nil {
					return err
				}
				if tries == 1 { // both hold their first row before either asks for its second
					meet.Done()
					meet.Wait()
				}
				tx.Exec("update log set n = n + 1 where id = $1", second)
				return nil
			})
		}
	}
	failed := make(chan error, 2)
	for _, work := range []func() error{cross("a", "b"), cross("b", "a")} {
		go func() { failed <- work() }()
	}
	require.NoError(t, <-failed)
	require.NoError(t, <-failed)
	require.Equal(t, int64(4), number(t, db, "select sum(n) from log"))
	require.GreaterOrEqual(t, runs.Load(), int64(3), "who does it again may meet the other once more")
}

func TestSerializationFailuresAreDoneAgain(t *testing.T) {
	db := open(t, sqldb.Config{URL: with(t, newURL(t, "postgres"), "default_transaction_isolation", "serializable")})
	require.NoError(t, db.Migrate(t.Context(), schema(), "schema"))
	exec(t, db, "insert into log values ('a', 0)")
	var all sync.WaitGroup
	for range 3 {
		all.Go(func() {
			err := db.Update(t.Context(), "test", func(tx *sqldb.Tx) error {
				rows, err := tx.Query("select n from log where id = 'a'")
				if err != nil {
					return err
				}
				n, err := sqldb.One(rows, scanInt)
				tx.Exec("update log set n = $1 where id = 'a'", n+1)
				return err
			})
			if err != nil {
				t.Error(err)
			}
		})
	}
	all.Wait()
	require.Equal(t, int64(3), number(t, db, "select n from log"))
}

func with(t *testing.T, address, key, value string) string {
	u, err := url.Parse(address)
	require.NoError(t, err)
	q := u.Query()
	q.Set(key, value)
	u.RawQuery = q.Encode()
	return u.String()
}

const backend = "select pg_backend_pid()"

func kill(t *testing.T, pid int64) { admin(t, fmt.Sprintf("select pg_terminate_backend(%d)", pid)) }

func TestAKilledConnectionIsUnavailableOnce(t *testing.T) {
	db := newDB(t, "postgres")
	err := db.Update(t.Context(), "test", func(tx *sqldb.Tx) error {
		tx.Exec("insert into log values ('lost', 1)")
		rows, err := tx.Query(backend)
		if err != nil {
			return err
		}
		pid, err := sqldb.One(rows, scanInt)
		if err != nil {
			return err
		}
		kill(t, pid)
		_, err = tx.Query("select 1")
		return err
	})
	require.Equal(t, codes.Unavailable, errs.KindOf(err), err)
	require.Equal(t, "DATABASE_UNAVAILABLE", errs.ReasonOf(err))
	require.NoError(t, db.Update(t.Context(), "test", put("next")))
	require.Equal(t, "next", ids(t, db))
}

// Connections that die while nobody uses them cost nobody an error, however many there are.
func TestIdleConnectionsMayDie(t *testing.T) {
	db := newDB(t, "postgres", func(c *sqldb.Config) { c.Writes = 3 })
	name := serverDatabase(t, db)
	dig := func() { // leaves several connections idle, and then dead
		var meet, all sync.WaitGroup
		meet.Add(3)
		for range 3 {
			all.Go(func() {
				var once sync.Once
				if err := db.Update(t.Context(), "test", func(*sqldb.Tx) error {
					once.Do(func() { meet.Done(); meet.Wait() })
					return nil
				}); err != nil {
					t.Error(err)
				}
			})
		}
		all.Wait()
		admin(t, "select pg_terminate_backend(pid) from pg_stat_activity where datname = '"+name+"'")
	}
	dig()
	require.NoError(t, db.Update(t.Context(), "test", put("alone")))
	dig()
	require.NoError(t, db.UpdateShared(t.Context(), "test", put("shared")))
	dig()
	require.Equal(t, int64(2), number(t, db, "select count(*) from log"))
}

func serverDatabase(t *testing.T, db *sqldb.DB) (name string) {
	rows, err := db.Query(t.Context(), "select current_database()::text")
	require.NoError(t, err)
	require.True(t, rows.Next())
	require.NoError(t, rows.Scan(&name))
	return name
}

func TestAServerMayRestart(t *testing.T) {
	server, err := localserver.StartPostgres(t.Context(), t.TempDir())
	require.NoError(t, err)
	defer func() { server.Stop(false) }()
	url, err := server.Create(t.Context(), "kept")
	require.NoError(t, err)
	db := open(t, sqldb.Config{URL: url})
	require.NoError(t, db.Migrate(t.Context(), schema(), "schema"))
	for round, crash := range []bool{false, true} {
		require.NoError(t, db.Update(t.Context(), "test", put(fmt.Sprint("before ", round))))
		server.Stop(crash)
		require.Equal(t, codes.Unavailable, errs.KindOf(db.Update(t.Context(), "test", put("while"))))
		require.Equal(t, codes.Unavailable, errs.KindOf(db.UpdateShared(t.Context(), "test", put("while"))))
		require.Equal(t, codes.Unavailable, errs.KindOf(db.Ping(t.Context())))
		_, err := db.Query(t.Context(), "select 1")
		require.Equal(t, codes.Unavailable, errs.KindOf(err))
		require.NoError(t, server.Restart(t.Context()))
		require.NoError(t, db.Update(t.Context(), "test", put(fmt.Sprint("after ", round))))
	}
	require.Equal(t, "after 0, after 1, before 0, before 1", ids(t, db))
}

// Connections are killed all the time: who was told ok has a row, who was told a definite error has none.
func TestAnswersAreHonestWhileConnectionsDie(t *testing.T) {
	db := newDB(t, "postgres")
	exec(t, db, "insert into stock (id, on_hand) values ('a', 20)")
	name := serverDatabase(t, db)
	stop, killer := make(chan struct{}), make(chan struct{})
	ctx := t.Context()
	go func() {
		defer close(killer)
		conn, err := pgx.Connect(ctx, databaseURL("postgres"))
		if err != nil {
			t.Error(err)
			return
		}
		defer conn.Close(ctx)
		for {
			select {
			case <-stop:
				return
			default:
			}
			if _, err := conn.Exec(ctx, `select pg_terminate_backend(pid), pg_sleep(0.03) from
				(select pid from pg_stat_activity where datname = $1 order by random() limit 1) victim`, name); err != nil {
				t.Error(err)
				return
			}
		}
	}()
	told := make([]error, 1600)
	var all sync.WaitGroup
	for worker := range 16 {
		all.Go(func() {
			for i := worker; i < len(told); i += 16 {
				told[i] = db.Update(t.Context(), "test", func(tx *sqldb.Tx) error {
					tx.Exec("insert into log values ($1, $2)", fmt.Sprint(i), i)
					if i%3 == 0 {
						if _, err := tx.Query("select 1"); err != nil {
							return err
						}
					}
					if i%7 == 0 {
						tx.Exec("update stock set held = held + 1 where id = 'a'").Hot("a")
					}
					return nil
				})
			}
		})
	}
	all.Wait()
	close(stop)
	<-killer
	present := map[string]bool{}
	for _, id := range strings.Split(ids(t, db), ", ") {
		present[id] = true
	}
	var ok, refused, unknown int
	for i, err := range told {
		here := present[fmt.Sprint(i)]
		switch {
		case err == nil:
			ok++
			require.True(t, here, "%d was told ok", i)
		case errs.KindOf(err) == codes.Unavailable:
			unknown++
		default:
			refused++
			require.True(t, sqldb.Violates(err, "held_within"), err)
			require.False(t, here, "%d was refused", i)
		}
	}
	require.Positive(t, ok)
	require.Positive(t, refused)
	t.Log("ok", ok, "refused", refused, "unavailable", unknown)
}

// When the connection breaks during the commit nobody knows what happened, and the caller is told so.
func TestACommitWithoutAnAnswerIsUnavailable(t *testing.T) {
	url := newURL(t, "postgres")
	direct := open(t, sqldb.Config{URL: url})
	require.NoError(t, direct.Migrate(t.Context(), schema(), "schema"))
	proxy := newProxy(t, url)
	db := open(t, sqldb.Config{URL: proxy.url, Connections: sqldb.Connections{Writes: 1}})
	for round, forward := range []bool{false, true} {
		exec(t, db, "insert into log values ($1, 0)", fmt.Sprint("warm ", round)) // prepares the statements
		group := holdWriter(t, db)
		a := group.join(t.Context(), put(fmt.Sprint("a ", round)))
		b := group.join(t.Context(), put(fmt.Sprint("b ", round)))
		proxy.arm(forward)
		group.run()
		require.Equal(t, codes.Unavailable, errs.KindOf(a.err), a.err)
		require.Equal(t, codes.Unavailable, errs.KindOf(b.err), b.err)
		require.ErrorContains(t, a.err, "during the commit")
		// forwarded, the server has committed both, and once only; else neither
		await(t, func() bool {
			return number(t, direct, "select count(*) from log where id like $1", fmt.Sprint("% ", round)) == map[bool]int64{false: 1, true: 3}[forward]
		})
	}
}

// Workers read without a deadline of their own. On a connection that swallows everything and never breaks, a read ends by itself,
// and the next one has a new connection.
func TestAHalfOpenConnectionIsGivenUp(t *testing.T) {
	url := newURL(t, "postgres")
	proxy := newProxy(t, url)
	db := open(t, sqldb.Config{
		URL: proxy.url, Connections: sqldb.Connections{Writes: 1, Reads: 1},
		Limits: sqldb.Limits{Transaction: 500 * time.Millisecond},
	})
	require.NoError(t, db.Migrate(t.Context(), schema(), "schema"))
	for range 2 {
		require.Equal(t, int64(0), number(t, db, "select count(*) from log"))
		proxy.silence()
		require.Equal(t, int64(0), number(t, db, "select count(*) from log"), "the second try is over a new connection")
		proxy.silence()
		require.Equal(t, codes.Unavailable, errs.KindOf(db.Update(t.Context(), "test", put("nobody hears it"))))
	}
	require.NoError(t, db.Update(t.Context(), "test", put("heard")))
	require.Equal(t, "heard", ids(t, db))
	proxy.hangUp()
}

// proxy stands between us and PostgreSQL and breaks the connection when it sees an armed commit pass.
type proxy struct {
	url     string
	mu      sync.Mutex
	armed   bool
	forward bool
	deaf    map[net.Conn]bool // clients of whom nothing is passed on any more
	clients map[net.Conn]bool
}

func (p *proxy) arm(forward bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.armed, p.forward = true, forward
}

// silence swallows all that comes over the connections that there are: they are half open. New ones are not.
func (p *proxy) silence() {
	p.mu.Lock()
	defer p.mu.Unlock()
	maps.Copy(p.deaf, p.clients)
}

// hangUp ends the connections. Those that were given up would be waited for.
func (p *proxy) hangUp() {
	p.mu.Lock()
	defer p.mu.Unlock()
	for client := range p.clients {
		client.Close()
	}
}

func (p *proxy) swallows(client net.Conn) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.clients[client] = true
	return p.deaf[client]
}

func newProxy(t *testing.T, url string) *proxy {
	conf, err := pgx.ParseConfig(url)
	require.NoError(t, err)
	server := fmt.Sprintf("%s:%d", conf.Host, conf.Port)
	l, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	p := &proxy{url: strings.Replace(url, server, l.Addr().String(), 1), deaf: map[net.Conn]bool{}, clients: map[net.Conn]bool{}}
	require.NotEqual(t, url, p.url)
	var all sync.WaitGroup
	all.Go(func() {
		for {
			client, err := l.Accept()
			if err != nil {
				return
			}
			all.Go(func() { p.carry(client, server) })
		}
	})
	t.Cleanup(func() { l.Close(); all.Wait() })
	return p
}

func (p *proxy) carry(client net.Conn, address string) {
	defer client.Close()
	server, err := net.Dial("tcp", address)
	if err != nil {
		return
	}
	defer server.Close()
	var back sync.WaitGroup
	back.Go(func() { _, _ = io.Copy(client, server); client.Close() })
	defer back.Wait()
	defer server.Close()
	buf := make([]byte, 1<<16)
	for {
		n, err := client.Read(buf)
		if err != nil {
			return
		}
		if cut, forward := p.cut(buf[:n]); cut {
			client.Close()
			if forward { // the server gets all of it, and ends when it has done it
				_, _ = server.Write(buf[:n])
				_ = server.(*net.TCPConn).CloseWrite()
				back.Wait()
				_, _ = io.Copy(io.Discard, server)
			}
			return
		}
		if p.swallows(client) {
			continue
		}
		if _, err := server.Write(buf[:n]); err != nil {
			return
		}
	}
}

// cut looks for a pipeline of two inserts, which carries its commit with it.
func (p *proxy) cut(packet []byte) (cut, forward bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if !p.armed || !strings.Contains(string(packet), "a ") || !strings.Contains(string(packet), "b ") {
		return false, false
	}
	p.armed = false
	return true, p.forward
}
