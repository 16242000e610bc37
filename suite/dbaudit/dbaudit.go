// Package dbaudit looks into the services' databases directly, and not through the suite, for tests of what has to agree between them.
package dbaudit

import (
	"context"
	"database/sql"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	_ "github.com/jackc/pgx/v5/stdlib"
	"github.com/stretchr/testify/require"
	_ "modernc.org/sqlite"

	"kept.dev/kit/inbox"
	"kept.dev/suite/embedded"
	"kept.dev/suite/environment"
)

// Audit looks into the databases, by service.
type Audit struct {
	Services map[string]*sql.DB
	consumes map[string][]inbox.Handler // what each service has handlers for
}

// Open opens every service's database with the driver, pgx or sqlite, until the test ends.
func Open(t *testing.T, driver string, url func(service string) string) *Audit {
	t.Helper()
	a := &Audit{Services: map[string]*sql.DB{}, consumes: consumed(t)}
	for service := range embedded.Services() {
		db, err := sql.Open(driver, url(service))
		require.NoError(t, err)
		t.Cleanup(func() { _ = db.Close() })
		a.Services[service] = db
	}
	return a
}

// OpenFolder opens those of the embedded suite, for reading only.
func OpenFolder(t *testing.T, dir string) *Audit {
	t.Helper()
	return Open(t, "sqlite", func(service string) string {
		return "file:" + filepath.Join(dir, service+".db") + "?mode=ro&_pragma=busy_timeout(5000)"
	})
}

// consumed asks each service which events it takes in.
func consumed(t *testing.T) map[string][]inbox.Handler {
	handlers := map[string][]inbox.Handler{}
	for name, service := range environment.Describe(t) {
		handlers[name] = service.Events()
	}
	return handlers
}

// Delivery says where it does not hold that what a service has handlers for has been handled by them, whoever said it, and nothing
// else.
func (a *Audit) Delivery(ctx context.Context) (wrong []string, err error) {
	for service, handlers := range a.consumes {
		for _, h := range handlers {
			said, err := a.said(ctx, h.Types)
			if err != nil {
				return nil, err
			}
			handled, err := Column(ctx, a.Services[service], `select id from inbox where handler = '`+h.Name+`'`)
			if err != nil {
				return nil, fmt.Errorf("%s: %w", service, err)
			}
			name := service + "'s " + h.Name
			wrong = append(wrong, Differences("said to "+name, said, "handled by "+name, handled)...)
		}
	}
	return wrong, nil
}

// said are the events of the types, of all services.
func (a *Audit) said(ctx context.Context, types []string) (said []string, err error) {
	for _, db := range a.Services {
		found, err := Column(ctx, db, `select id from outbox where type in ('`+strings.Join(types, `', '`)+`')`)
		if err != nil {
			return nil, err
		}
		said = append(said, found...)
	}
	return said, nil
}

// Column is a query's one column.
func Column(ctx context.Context, db *sql.DB, query string) (out []string, err error) {
	rows, err := db.QueryContext(ctx, query)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	for rows.Next() {
		var text string
		if err := rows.Scan(&text); err != nil {
			return nil, err
		}
		out = append(out, text)
	}
	return out, rows.Err()
}

// Differences lists what is in one list only, or oftener than in the other.
func Differences(nameA string, a []string, nameB string, b []string) (out []string) {
	count := map[string]int{}
	for _, s := range a {
		count[s]++
	}
	for _, s := range b {
		count[s]--
	}
	for s, n := range count {
		switch {
		case n > 0:
			out = append(out, nameA+" alone: "+s)
		case n < 0:
			out = append(out, nameB+" alone: "+s)
		}
	}
	slices.Sort(out)
	return out
}
