package backup

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"time"

	"github.com/jackc/pgx/v5"
	"golang.org/x/sync/errgroup"

	"kept.dev/kit/app"
)

// Dump copies the databases of the distributed suite, by service, to a new folder, while the suite goes on. It needs pg_dump, of the
// server's version or later. Nobody takes in events for the moment in which all databases are looked at; calls are served.
func Dump(ctx context.Context, databases map[string]string, out string) (m Manifest, err error) {
	if _, err := os.Lstat(out); err == nil {
		return m, fmt.Errorf("%s is there already; a backup makes a new folder", out)
	}
	err = inRoom(out, func(room string) error {
		m, err = dumpAll(ctx, databases, room)
		return err
	})
	if err != nil {
		return m, fmt.Errorf("backup to %s: %w", out, err)
	}
	return m, nil
}

func dumpAll(ctx context.Context, databases map[string]string, room string) (Manifest, error) {
	m := Manifest{Shape: distributedShape, Version: app.Version()}
	data := filepath.Join(room, dataFolder)
	if err := os.Mkdir(data, 0o700); err != nil {
		return m, err
	}
	views, err := look(ctx, databases)
	m.Taken = time.Now().UTC()
	defer func() {
		for _, v := range views {
			_ = v.conn.Close(context.WithoutCancel(ctx))
		}
	}()
	if err != nil {
		return m, err
	}
	dumping, ctx := errgroup.WithContext(ctx)
	dumping.SetLimit(2)
	for _, v := range views {
		dumping.Go(func() error { return v.dump(ctx, filepath.Join(data, v.service+".dump")) })
	}
	if err := dumping.Wait(); err != nil {
		return m, err
	}
	for _, v := range views {
		file, err := describe(data, v.service+".dump")
		if err != nil {
			return m, err
		}
		m.Files = append(m.Files, file)
	}
	return m, m.write(room)
}

// view is what was in one service's database at the moment of the backup, for as long as its connection is open.
type view struct {
	service, url, snapshot string
	conn                   *pgx.Conn
}

// callersFirst is the order in which databases are looked at: a service that calls another to change something comes before
// it. So what the caller has noted as done is done in the other's copy as well; what is done there and not noted here, the
// caller does again, as after a crash.
func callersFirst(databases map[string]string) []string {
	place := map[string]int{"order": 1, "customer": 2} // notification calls order, and order calls customer
	return slices.SortedFunc(maps.Keys(databases), func(a, b string) int { return place[a] - place[b] })
}

// look looks at all databases while nobody takes in events. Whoever had taken in an event before had it from a database that is
// looked at after, and holds it: no copy has what followed from an event that another copy has not.
func look(ctx context.Context, databases map[string]string) (views []*view, err error) {
	services := callersFirst(databases)
	conns, err := connect(ctx, services, databases)
	for i, conn := range conns {
		views = append(views, &view{service: services[i], url: databases[services[i]], conn: conn})
	}
	if err != nil {
		return views, err
	}
	holders, err := connect(ctx, services, databases) // before anybody is held up
	defer closeAll(ctx, holders)
	if err != nil {
		return views, err
	}
	patience := time.Now().Add(longestHold)
	for i, conn := range holders {
		if err := holdInbox(ctx, conn, patience); err != nil {
			return views, fmt.Errorf("%s: hold the inbox: %w", services[i], err)
		}
	}
	for _, v := range views {
		if err := v.begin(ctx); err != nil {
			return views, fmt.Errorf("%s: %w", v.service, err)
		}
	}
	return views, nil
}

func connect(ctx context.Context, services []string, databases map[string]string) (conns []*pgx.Conn, err error) {
	for _, service := range services {
		conn, err := pgx.Connect(ctx, databases[service])
		if err != nil {
			return conns, fmt.Errorf("%s: %w", service, err)
		}
		conns = append(conns, conn)
	}
	return conns, nil
}

// closeAll ends what the connections were in the middle of, too.
func closeAll(ctx context.Context, conns []*pgx.Conn) {
	for _, conn := range conns {
		_ = conn.Close(context.WithoutCancel(ctx))
	}
}

// longestHold bounds how long consumers are held up. Half of what they wait for a lock: they are late then, and nothing fails.
const longestHold = 5 * time.Second

// holdInbox lets consumers finish the transaction that they are in, and keeps them from the next, until the connection closes. It
// locks the one table that consumers write first, so nobody waits in a circle.
func holdInbox(ctx context.Context, conn *pgx.Conn, until time.Time) error {
	left := max(1, time.Until(until).Milliseconds())
	return execAll(ctx, conn, "begin", fmt.Sprintf("set local lock_timeout = %d", left), "lock table inbox in share mode")
}

func execAll(ctx context.Context, conn *pgx.Conn, texts ...string) error {
	for _, text := range texts {
		if _, err := conn.Exec(ctx, text); err != nil {
			return err
		}
	}
	return nil
}

// begin fixes what the view sees, and gives it a name by which pg_dump sees the same.
func (v *view) begin(ctx context.Context) error {
	err := execAll(ctx, v.conn, "set idle_in_transaction_session_timeout = 0", "begin isolation level repeatable read read only")
	if err != nil {
		return err
	}
	return v.conn.QueryRow(ctx, "select pg_export_snapshot()").Scan(&v.snapshot)
}

func (v *view) dump(ctx context.Context, file string) error {
	err := program(ctx, "pg_dump", v.url, "--format=custom", "--no-owner", "--no-privileges", "--snapshot="+v.snapshot, "--file="+file)
	if err != nil {
		return fmt.Errorf("%s: %w", v.service, err)
	}
	return nil
}

// program runs a program of PostgreSQL's on a database. The password goes by the environment: other users see arguments.
func program(ctx context.Context, name, database string, args ...string) error {
	address, password, err := withoutPassword(database)
	if err != nil {
		return err
	}
	cmd := exec.CommandContext(ctx, name, append(args, "--dbname="+address)...)
	cmd.Env = append(os.Environ(), password...)
	if said, err := cmd.CombinedOutput(); err != nil {
		return errors.Join(fmt.Errorf("%s: %w", name, err), errors.New(string(said)))
	}
	return nil
}
