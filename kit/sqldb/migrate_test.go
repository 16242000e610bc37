package sqldb_test

import (
	"context"
	"sync"
	"testing"
	"testing/fstest"
	"time"

	"github.com/stretchr/testify/require"
	"golang.org/x/sync/errgroup"

	"kept.dev/kit/sqldb"
)

func sqlFile(text string) *fstest.MapFile {
	return &fstest.MapFile{Data: []byte("-- +goose Up\n" + text)}
}

func TestMigrateRunsWhatIsNew(t *testing.T) {
	onBoth(t, func(t *testing.T, dialect string) {
		db := open(t, sqldb.Config{URL: newURL(t, dialect)})
		files := fstest.MapFS{
			"00001_first.sql":           sqlFile("create table first (id bigint primary key);"),
			"00002_second.postgres.sql": sqlFile("create table second (id bigint primary key, why text default 'postgres');"),
			"00002_second.sqlite.sql":   sqlFile("create table second (id bigint primary key, why text default 'sqlite');"),
		}
		require.NoError(t, db.Migrate(t.Context(), files, "service_schema"))
		exec(t, db, "insert into second (id) values (1)")
		require.Equal(t, int64(1), number(t, db, "select count(*) from second where why = $1", dialect))

		start := time.Now()
		for range 20 {
			require.NoError(t, db.Migrate(t.Context(), files, "service_schema"))
		}
		require.Less(t, time.Since(start)/20, 50*time.Millisecond)

		files["00003_third.sql"] = sqlFile("insert into first values (3);")
		require.NoError(t, db.Migrate(t.Context(), files, "service_schema"))
		require.Equal(t, int64(3), number(t, db, "select id from first"))
	})
}

func TestSetsOfMigrationsAreApart(t *testing.T) {
	onBoth(t, func(t *testing.T, dialect string) {
		db := open(t, sqldb.Config{URL: newURL(t, dialect)})
		require.NoError(t, db.Migrate(t.Context(), fstest.MapFS{"00001_a.sql": sqlFile("create table a (id bigint);")}, "kit_schema"))
		require.NoError(t, db.Migrate(t.Context(), fstest.MapFS{"00001_b.sql": sqlFile("create table b (id bigint);")}, "schema"))
		require.Zero(t, number(t, db, "select count(*) from a, b"))
	})
}

func TestReplicasMigrateTogether(t *testing.T) {
	url := newURL(t, "postgres")
	files := fstest.MapFS{
		"00001_slow.sql":  sqlFile("create table slow (id bigint primary key); select pg_sleep(0.2);"),
		"00002_index.sql": {Data: []byte("-- +goose NO TRANSACTION\n-- +goose Up\ncreate index concurrently slow_id on slow (id);")},
		"00003_once.sql":  sqlFile("insert into slow values (1);"),
	}
	var replicas errgroup.Group
	for range 5 {
		db := open(t, sqldb.Config{URL: url})
		replicas.Go(func() error { return db.Migrate(t.Context(), files, "schema") })
	}
	require.NoError(t, replicas.Wait())
	require.Equal(t, int64(1), number(t, open(t, sqldb.Config{URL: url}), "select count(*) from slow"))
}

// TestAMigrationLetsOthersPass: while somebody holds the table, a migration that needs it whole does not keep readers waiting.
func TestAMigrationLetsOthersPass(t *testing.T) {
	url := newURL(t, "postgres")
	db := open(t, sqldb.Config{URL: url})
	files := fstest.MapFS{"00001_busy.sql": sqlFile("create table busy (id bigint primary key);")}
	require.NoError(t, db.Migrate(t.Context(), files, "schema"))
	held, released := make(chan struct{}), make(chan struct{})
	release := sync.OnceFunc(func() { close(released) })
	defer release()
	var running errgroup.Group
	running.Go(func() error {
		return open(t, sqldb.Config{URL: url}).Update(t.Context(), "hold", func(tx *sqldb.Tx) error {
			_, err := tx.Query("select count(*) from busy")
			close(held)
			<-released
			return err
		})
	})
	<-held
	files["00002_wider.sql"] = sqlFile("alter table busy add column more text;")
	running.Go(func() error { return open(t, sqldb.Config{URL: url}).Migrate(t.Context(), files, "schema") })
	require.Eventually(t, func() bool {
		return number(t, db, "select count(*) from pg_locks where mode = 'AccessExclusiveLock' and not granted") > 0
	}, 10*time.Second, 10*time.Millisecond, "the migration waits")
	require.Zero(t, number(t, db, "select count(*) from busy"), "a reader passes")
	release()
	require.NoError(t, running.Wait())
	require.Zero(t, number(t, db, "select count(*) from busy where more is not null"))
}

// TestAMigrationIsTriedAgainAfterADeadlock, which is played: a sequence counts on when what has counted is taken back.
func TestAMigrationIsTriedAgainAfterADeadlock(t *testing.T) {
	db := open(t, sqldb.Config{URL: newURL(t, "postgres")})
	exec(t, db, "create sequence tries")
	files := fstest.MapFS{"00001_unlucky.sql": sqlFile(`create table unlucky (id bigint);
-- +goose StatementBegin
do $$ begin if nextval('tries') = 1 then raise exception 'deadlock detected' using errcode = '40P01'; end if; end $$;
-- +goose StatementEnd`)}
	require.NoError(t, db.Migrate(t.Context(), files, "schema"))
	require.Equal(t, int64(2), number(t, db, "select last_value from tries"))
	require.Zero(t, number(t, db, "select count(*) from unlucky"))
}

func TestAFailedMigrationLeavesNothingAndSaysWhich(t *testing.T) {
	onBoth(t, func(t *testing.T, dialect string) {
		db := open(t, sqldb.Config{URL: newURL(t, dialect)})
		files := fstest.MapFS{"00001_bad.sql": sqlFile("create table good (id bigint);\ninsert into missing values (1);")}
		require.ErrorContains(t, db.Migrate(t.Context(), files, "schema"), "version:1")
		_, err := db.Query(t.Context(), "select * from good")
		require.Error(t, err)
		files["00001_bad.sql"] = sqlFile("create table good (id bigint);")
		require.NoError(t, db.Migrate(t.Context(), files, "schema"))
	})
}

func TestMigrateRefusesNonsense(t *testing.T) {
	onBoth(t, func(t *testing.T, dialect string) {
		db := open(t, sqldb.Config{URL: newURL(t, dialect)})
		require.ErrorContains(t, db.Migrate(t.Context(), schema(), "a; drop table b"), "no name")
		require.ErrorContains(t, db.Migrate(t.Context(), fstest.MapFS{}, "schema"), "no migrations")
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		require.Error(t, db.Migrate(ctx, schema(), "schema"))
	})
}

func TestSQLiteRefusesKeysThatItCannotTellApart(t *testing.T) {
	db := open(t, sqldb.Config{URL: newURL(t, "sqlite")})
	files := fstest.MapFS{"00001_twins.sql": sqlFile(`create table door (house bigint, open boolean);
		create unique index one_open on door (house) where open;
		create unique index one_shut on door (house) where not open;`)}
	require.ErrorContains(t, db.Migrate(t.Context(), files, "schema"), "one_shut")
	require.ErrorContains(t, db.Migrate(t.Context(), files, "schema"), "one_shut")
}

func TestNamesOfKeysFollowTheSchema(t *testing.T) {
	onBoth(t, func(t *testing.T, dialect string) {
		db := newDB(t, dialect)
		again := func() error {
			return db.Update(t.Context(), "test", func(tx *sqldb.Tx) error {
				tx.Exec("insert into later values (1)")
				return nil
			})
		}
		exec(t, db, "insert into log values ('a', 1)")
		require.True(t, sqldb.Violates(db.Update(t.Context(), "test", func(tx *sqldb.Tx) error {
			tx.Exec("insert into log values ('a', 1)")
			return nil
		}), "log_pkey"))
		files := fstest.MapFS{"00001_later.sql": sqlFile("create table later (id bigint); create unique index later_first on later (id);")}
		require.NoError(t, db.Migrate(t.Context(), files, "schema"))
		require.NoError(t, again())
		require.True(t, sqldb.Violates(again(), "later_first"))
		files["00002_renamed.sql"] = sqlFile("drop index later_first; create unique index later_second on later (id);")
		require.NoError(t, db.Migrate(t.Context(), files, "schema"))
		require.True(t, sqldb.Violates(again(), "later_second"))
	})
}

func TestAChangedTableIsReadAnew(t *testing.T) {
	onBoth(t, func(t *testing.T, dialect string) {
		db := newDB(t, dialect, oneWriter, func(c *sqldb.Config) { c.Reads = 1 })
		read := func() (width int) {
			rows, err := db.Query(t.Context(), "select * from log")
			require.NoError(t, err)
			require.True(t, rows.Next())
			var id, extra string
			var n int64
			if rows.Scan(&id, &n) == nil {
				return 2
			}
			require.NoError(t, rows.Scan(&id, &n, &extra))
			return 3
		}
		write := func(tx *sqldb.Tx) error {
			_, err := tx.Query("update log set n = n + 1 returning *")
			return err
		}
		exec(t, db, "insert into log values ('a', 1)")
		require.Equal(t, 2, read())
		require.NoError(t, db.Update(t.Context(), "test", write))
		exec(t, db, "alter table log add column extra text")
		require.Equal(t, 3, read())
		require.NoError(t, db.Update(t.Context(), "test", write))
	})
}

func TestAwaitSchemaWaitsForWhoeverMigrates(t *testing.T) {
	onBoth(t, func(t *testing.T, dialect string) {
		db := open(t, sqldb.Config{URL: newURL(t, dialect)})
		files := fstest.MapFS{"00001_a.sql": sqlFile("create table a (id bigint);")}
		soon, cancel := context.WithTimeout(t.Context(), 300*time.Millisecond)
		defer cancel()
		require.ErrorIs(t, db.AwaitSchema(soon, files, "service_schema"), context.DeadlineExceeded, "nobody has migrated")

		waited := make(chan error, 1)
		go func() { waited <- db.AwaitSchema(t.Context(), files, "service_schema") }()
		later := fstest.MapFS{"00001_a.sql": files["00001_a.sql"], "00002_b.sql": sqlFile("create table b (id bigint);")}
		require.NoError(t, db.Migrate(t.Context(), later, "service_schema"))
		require.NoError(t, <-waited)
	})
}
