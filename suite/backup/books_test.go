package backup_test

import (
	"context"
	"database/sql"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	_ "github.com/jackc/pgx/v5/stdlib"
	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/otel/metric/noop"
	_ "modernc.org/sqlite"

	"kept.dev/kit"
	"kept.dev/kit/clock"
	"kept.dev/kit/live"
	"kept.dev/kit/outbox"
	"kept.dev/kit/sign"
	"kept.dev/suite/embedded"
)

// books are the services' databases, looked at directly, and the folder of the mails.
type books struct {
	services map[string]*sql.DB
	mailbox  string
	consumes map[string][]string // the types of events that each service takes in
}

func openBooks(t *testing.T, driver, mailbox string, url func(service string) string) *books {
	t.Helper()
	b := &books{services: map[string]*sql.DB{}, mailbox: mailbox, consumes: consumed(t)}
	for service := range embedded.Services() {
		db, err := sql.Open(driver, url(service))
		require.NoError(t, err)
		t.Cleanup(func() { _ = db.Close() })
		b.services[service] = db
	}
	return b
}

func booksOfFolder(t *testing.T, dir string) *books {
	return openBooks(t, "sqlite", filepath.Join(dir, "mailbox"), func(service string) string {
		return "file:" + filepath.Join(dir, service+".db") + "?mode=ro&_pragma=busy_timeout(5000)"
	})
}

// consumed asks each service which events it takes in. Nothing of it runs.
func consumed(t *testing.T) map[string][]string {
	types := map[string][]string{}
	for name, make := range embedded.Services() {
		wall := clock.Wall{}
		service, err := make(kit.Deps{
			Clock: wall, Outbox: outbox.New(name, wall), Log: slog.New(slog.DiscardHandler), Meter: noop.Meter{}, Live: live.NewLocal(),
			Signer: sign.New([]byte(name)), Mail: kit.Mail{From: "Shop <shop@example.org>", Folder: t.TempDir(), PublicURL: "http://shop.example"},
		})
		require.NoError(t, err)
		for _, h := range service.Events {
			types[name] = append(types[name], h.Type)
		}
	}
	return types
}

// balance waits until the services agree, and fails saying where they don't.
func (b *books) balance(t *testing.T) {
	t.Helper()
	var wrong []string
	var err error
	agree := func() bool {
		wrong, err = b.wrongs(t.Context())
		return err == nil && len(wrong) == 0
	}
	for end := time.Now().Add(40 * time.Second); !agree() && time.Now().Before(end); {
		<-time.After(50 * time.Millisecond)
	}
	require.NoError(t, err)
	require.Empty(t, wrong[:min(len(wrong), 10)], "of %d, where the services do not agree", len(wrong))
}

func (b *books) wrongs(ctx context.Context) (wrong []string, err error) {
	for _, check := range []func(context.Context) ([]string, error){b.plumbing, b.promises, b.points, b.delivery, b.mails} {
		found, err := check(ctx)
		if err != nil {
			return nil, err
		}
		wrong = append(wrong, found...)
	}
	return wrong, nil
}

func (b *books) column(ctx context.Context, service, query string) (out []string, err error) {
	rows, err := b.services[service].QueryContext(ctx, query)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", service, err)
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

// plumbing: what was said is published, nothing has failed, nothing is under way.
func (b *books) plumbing(ctx context.Context) (wrong []string, err error) {
	for service := range b.services {
		for _, query := range []string{
			`select 'waits in the outbox: ' || id from outbox where pending`,
			`select 'failed: ' || kind || ' ' || key || ' ' || error from timer where attempts > 0`,
			`select 'not carried out: ' || kind || ' ' || key from timer where outside in (true, false) and kind like 'message%'`,
		} {
			found, err := b.column(ctx, service, query)
			if err != nil {
				return nil, err
			}
			wrong = append(wrong, found...)
		}
	}
	return wrong, nil
}

// promises: the orders and the promise book agree. The book knows a state more.
func (b *books) promises(ctx context.Context) ([]string, error) {
	kept, err := b.column(ctx, "order", `
		select promise || ' orders/' || id || ' ' || case when promise_state <= 2 then promise_state else promise_state + 1 end from orders
		union all select promise || ' orders/' || order_id || '/refunds/' || id || ' ' ||
			case when promise_state = 1 then promise_state else promise_state + 1 end from refund`)
	if err != nil {
		return nil, err
	}
	book, err := b.column(ctx, "customer", `select 'promises/' || id || ' ' || subject || ' ' || state from promise where owner = 'order'`)
	return differences("the orders have", kept, "the promise book has", book), err
}

// points: each delivered order has earned them, once. State 4 is DELIVERED.
func (b *books) points(ctx context.Context) ([]string, error) {
	delivered, err := b.column(ctx, "order", `select 'order/' || id from orders where delivered is not null`)
	if err != nil {
		return nil, err
	}
	entered, err := b.column(ctx, "loyalty", `select reference from entry where reference like 'order/%'`)
	return differences("delivered", delivered, "points given for", entered), err
}

// delivery: what a service listens to it has taken in, whoever said it, and nothing that nobody said.
func (b *books) delivery(ctx context.Context) (wrong []string, err error) {
	for listener, types := range b.consumes {
		var said []string
		for service := range b.services {
			found, err := b.column(ctx, service, `select id from outbox where type in ('`+strings.Join(types, `', '`)+`')`)
			if err != nil {
				return nil, err
			}
			said = append(said, found...)
		}
		heard, err := b.column(ctx, listener, `select id from inbox`)
		if err != nil {
			return nil, err
		}
		wrong = append(wrong, differences("said to "+listener, said, "heard by "+listener, heard)...)
	}
	return wrong, nil
}

// mails: each mail that is said to have been sent is in the folder. Channel 1 is EMAIL, outcome 3 SENT.
func (b *books) mails(ctx context.Context) (wrong []string, err error) {
	sent, err := b.column(ctx, "notification", `
		select a.answer from attempt a join delivery d on d.message_id = a.message_id and d.channel = a.channel
		where a.channel = 1 and d.state = 3 and a.answer <> ''`)
	for _, file := range sent {
		if _, err := os.Stat(filepath.Join(b.mailbox, file)); err != nil {
			wrong = append(wrong, "a mail that was sent is not there: "+err.Error())
		}
	}
	return wrong, err
}

// differences lists what is in one list only, or oftener than in the other.
func differences(nameA string, a []string, nameB string, b []string) (out []string) {
	count := map[string]int{}
	for _, s := range a {
		count[s]++
	}
	for _, s := range b {
		count[s]--
	}
	for s, n := range count {
		if n > 0 {
			out = append(out, nameA+" alone: "+s)
		}
		if n < 0 {
			out = append(out, nameB+" alone: "+s)
		}
	}
	slices.Sort(out)
	return out
}

// count is a query's one number.
func (b *books) count(t *testing.T, service, query string) (n int) {
	t.Helper()
	require.NoError(t, b.services[service].QueryRowContext(t.Context(), query).Scan(&n))
	return n
}
