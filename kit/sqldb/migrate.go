package sqldb

import (
	"context"
	"database/sql"
	"fmt"
	"io/fs"
	"regexp"
	"strings"
	"time"

	"github.com/pressly/goose/v3"
)

// Migrate brings the schema up to the migrations in fsys, goose files named 00001_what.sql. The named table notes
// which have run, so that several sets (kit's and a service's) live in one database. Replicas may start together:
// one migrates while the others wait.
//
// A file runs on both databases, unless its name says otherwise: 00002_what.postgres.sql and
// 00002_what.sqlite.sql each run on their own database only.
//
// On an already migrated database it costs a query or two.
func (db *DB) Migrate(ctx context.Context, fsys fs.FS, table string) error {
	if !tableName.MatchString(table) {
		return fmt.Errorf("migrate: %q is no name for a table", table)
	}
	files, foreign, err := migrations(fsys, db.Dialect())
	if err != nil {
		return fmt.Errorf("migrate %s: %w", table, err)
	}
	if db.migrated(ctx, files, table) {
		return db.engine.checkSchema(ctx)
	}
	pool, opts, err := db.engine.migrator()
	if err != nil {
		return fmt.Errorf("migrate %s: %w", table, err)
	}
	defer pool.Close()
	opts = append(opts, goose.WithTableName(table), goose.WithExcludeNames(foreign), goose.WithDisableGlobalRegistry(true))
	if err := up(ctx, gooseDialect(db.Dialect()), pool, fsys, opts); err != nil {
		return fmt.Errorf("migrate %s: %w", table, err)
	}
	return db.engine.checkSchema(ctx)
}

// schemaProbe is how often AwaitSchema looks.
const schemaProbe = 250 * time.Millisecond

// AwaitSchema waits until the migrations in fsys have run. Migrations that came later do not matter: an old process goes on
// beside new ones.
func (db *DB) AwaitSchema(ctx context.Context, fsys fs.FS, table string) error {
	files, _, err := migrations(fsys, db.Dialect())
	if err != nil {
		return fmt.Errorf("await %s: %w", table, err)
	}
	for !db.migrated(ctx, files, table) {
		select {
		case <-ctx.Done():
			return fmt.Errorf("await %s: %w", table, ctx.Err())
		case <-time.After(schemaProbe):
		}
	}
	return db.engine.checkSchema(ctx)
}

var tableName = regexp.MustCompile(`^[a-z][a-z0-9_]{0,62}$`)

func up(ctx context.Context, dialect goose.Dialect, pool *sql.DB, fsys fs.FS, opts []goose.ProviderOption) error {
	provider, err := goose.NewProvider(dialect, pool, fsys, opts...)
	if err != nil {
		return err
	}
	// A table that others work on may not be had at once. Asking again, and letting them pass meanwhile, beats waiting: who waits
	// for a whole table keeps everybody else waiting behind.
	for started := time.Now(); ; {
		_, err := provider.Up(ctx)
		if err == nil || !Locked(err) && !transient(err) || time.Since(started) > migrationPatience {
			return err
		}
		select {
		case <-ctx.Done():
			return err
		case <-time.After(migrationPause):
		}
	}
}

func gooseDialect(dialect string) goose.Dialect {
	if dialect == "sqlite" {
		return goose.DialectSQLite3
	}
	return goose.DialectPostgres
}

// migrations lists the files that are for this database, and those that are for the other.
func migrations(fsys fs.FS, dialect string) (files, foreign []string, err error) {
	all, err := fs.Glob(fsys, "*.sql")
	if err != nil {
		return nil, nil, err
	}
	for _, name := range all {
		if twin := twinOf(name); twin != "" && twin != dialect {
			foreign = append(foreign, name)
		} else {
			files = append(files, name)
		}
	}
	if len(files) == 0 {
		return nil, nil, fmt.Errorf("there are no migrations")
	}
	return files, foreign, nil
}

// twinOf is the database that the file's name restricts it to.
func twinOf(name string) string {
	for _, dialect := range []string{"postgres", "sqlite"} {
		if strings.HasSuffix(name, "."+dialect+".sql") {
			return dialect
		}
	}
	return ""
}

// migrated tells whether all the files have run. When in doubt it says no: goose looks again, under the lock.
func (db *DB) migrated(ctx context.Context, files []string, table string) bool {
	rows, err := db.Query(ctx, "select version_id from "+table)
	if err != nil {
		return false
	}
	run := map[int64]bool{}
	for rows.Next() {
		var version int64
		if rows.Scan(&version) != nil {
			return false
		}
		run[version] = true
	}
	for _, name := range files {
		version, err := goose.NumericComponent(name)
		if err != nil || !run[version] {
			return false
		}
	}
	return true
}

// sessionLock lets one replica migrate at a time. It asks again and again instead of waiting inside PostgreSQL, where
// a waiting session would block "create index concurrently", which waits for every session's transaction.
type sessionLock struct{}

const (
	migrationLock  = 0x6b657074 // "kept"
	migrationProbe = 25 * time.Millisecond
	// migrationWait is how long a statement waits for a table, in PostgreSQL's words, and migrationPause how long the table is
	// left alone before it is asked for again, until migrationPatience is over.
	migrationWait     = "1s"
	migrationPause    = time.Second
	migrationPatience = 5 * time.Minute
)

// SessionLock waits for its turn.
func (sessionLock) SessionLock(ctx context.Context, conn *sql.Conn) error {
	for {
		var mine bool
		err := conn.QueryRowContext(ctx, "select pg_try_advisory_lock($1)", int64(migrationLock)).Scan(&mine)
		if err != nil {
			return err
		}
		if mine {
			_, err := conn.ExecContext(ctx, "set lock_timeout = '"+migrationWait+"'") // which the set before may have changed
			return err
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(migrationProbe):
		}
	}
}

// SessionUnlock lets the next replica go on.
func (sessionLock) SessionUnlock(ctx context.Context, conn *sql.Conn) error {
	_, err := conn.ExecContext(ctx, "select pg_advisory_unlock($1)", int64(migrationLock))
	return err
}
