package contract_test

import (
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"kept.dev/kit/app"
	"kept.dev/kit/sqldb"
	"kept.dev/suite/embedded"
)

// TestEveryServiceMigratesByACommand, with its database and nothing else: no bus, no peers, no mail server, no keys.
func TestEveryServiceMigratesByACommand(t *testing.T) {
	for name, make := range embedded.Services() {
		url := "sqlite:" + filepath.Join(t.TempDir(), name+".db")
		for range 2 { // again it changes nothing
			require.NoError(t, app.Migrate(t.Context(), name, make, app.MigrateConfig{Database: url, LogFormat: "json"}), name)
		}
		db, err := sqldb.Open(t.Context(), sqldb.Config{URL: url})
		require.NoError(t, err)
		_, err = db.Query(t.Context(), `select count(*) from outbox`)
		require.NoError(t, err, name)
		db.Close()
	}
}
