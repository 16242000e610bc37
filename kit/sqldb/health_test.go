package sqldb_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/require"
	"google.golang.org/grpc/codes"

	"kept.dev/kit/errs"
	"kept.dev/kit/sqldb"
)

// A file that is damaged takes nothing any more, whoever finds it, and readiness and the log tell of it.
func TestADamagedFileTakesNoWrites(t *testing.T) {
	for name, find := range map[string]func(db *sqldb.DB) error{
		"by a read": func(db *sqldb.DB) error {
			_, err := db.Query(t.Context(), "select count(*), max(body) from note")
			return err
		},
		"by a look-up": func(db *sqldb.DB) error { return db.Verify(t.Context()) },
	} {
		t.Run(name, func(t *testing.T) {
			file := filepath.Join(t.TempDir(), "kept.db")
			var told atomic.Int64
			db := open(t, sqldb.Config{URL: "sqlite:" + file, OnFault: func(error) { told.Add(1) }})
			require.NoError(t, db.Migrate(t.Context(), schema(), "schema"))
			for i := range 50 {
				exec(t, db, "insert into note values ($1, 1, $2)", i, fmt.Sprint(i, strings.Repeat("x", 3000)))
			}
			require.NoError(t, db.Verify(t.Context()))
			db.Close()
			damage(t, file)
			db = open(t, sqldb.Config{URL: "sqlite:" + file, OnFault: func(error) { told.Add(1) }})
			require.Error(t, find(db))
			require.Equal(t, "DATABASE_DAMAGED", errs.ReasonOf(db.Update(t.Context(), "test", put("a"))))
			require.Equal(t, "DATABASE_DAMAGED", errs.ReasonOf(db.Background().Update(t.Context(), "test", put("a"))))
			require.Equal(t, "DATABASE_DAMAGED", errs.ReasonOf(db.Ping(t.Context())))
			require.Equal(t, int64(1), told.Load())
		})
	}
}

// damage overwrites the second half of the file, but for its last page.
func damage(t *testing.T, file string) {
	content, err := os.ReadFile(file)
	require.NoError(t, err)
	for i := len(content) / 2; i < len(content)-4096; i++ {
		content[i] = 0xa5
	}
	require.NoError(t, os.WriteFile(file, content, 0o600))
}

// A full disk is seen by readiness for as long as it is full.
func TestReadinessSeesAFullDisk(t *testing.T) {
	var told atomic.Int64
	db := newDB(t, "sqlite", func(c *sqldb.Config) { c.OnFault = func(error) { told.Add(1) } })
	size := number(t, db, "select page_count from pragma_page_count")
	exec(t, db, fmt.Sprint("pragma max_page_count = ", size+2))
	require.NoError(t, db.Ping(t.Context()))
	big := func(tx *sqldb.Tx) error {
		tx.Exec("insert into note values (1, 1, $1)", strings.Repeat("x", 50_000))
		return nil
	}
	for range 2 {
		require.Equal(t, codes.Unavailable, errs.KindOf(db.Update(t.Context(), "test", big)))
		require.Equal(t, codes.Unavailable, errs.KindOf(db.Ping(t.Context())))
	}
	require.Equal(t, int64(1), told.Load())
	exec(t, db, fmt.Sprint("pragma max_page_count = ", size+1000))
	require.NoError(t, db.Ping(t.Context()))
	require.NoError(t, db.Update(t.Context(), "test", big))
}

func TestOthersCanNotReadTheFile(t *testing.T) {
	file := filepath.Join(t.TempDir(), "kept.db")
	require.NoError(t, os.WriteFile(file, nil, 0o644))
	db := open(t, sqldb.Config{URL: "sqlite:" + file})
	require.NoError(t, db.Migrate(t.Context(), schema(), "schema"))
	for _, name := range []string{file, file + "-wal", file + "-shm"} {
		info, err := os.Stat(name)
		require.NoError(t, err)
		require.Equal(t, os.FileMode(0o600), info.Mode().Perm(), name)
	}
}
