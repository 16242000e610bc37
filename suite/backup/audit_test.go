package backup_test

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"kept.dev/suite/dbaudit"
)

// audit is the services' databases, looked at directly, and the folder of the mails.
type audit struct {
	*dbaudit.Audit
	mailbox string
}

func openAudit(t *testing.T, driver, mailbox string, url func(service string) string) *audit {
	t.Helper()
	return &audit{dbaudit.Open(t, driver, url), mailbox}
}

func auditOfFolder(t *testing.T, dir string) *audit {
	t.Helper()
	return &audit{dbaudit.OpenFolder(t, dir), filepath.Join(dir, "mailbox")}
}

// balance waits until the services agree, and fails saying where they don't.
func (b *audit) balance(t *testing.T) {
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

func (b *audit) wrongs(ctx context.Context) (wrong []string, err error) {
	for _, check := range []func(context.Context) ([]string, error){b.plumbing, b.promises, b.points, b.Delivery, b.mails} {
		found, err := check(ctx)
		if err != nil {
			return nil, err
		}
		wrong = append(wrong, found...)
	}
	return wrong, nil
}

func (b *audit) column(ctx context.Context, service, query string) ([]string, error) {
	found, err := dbaudit.Column(ctx, b.Services[service], query)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", service, err)
	}
	return found, nil
}

// plumbing: what was said is published, nothing has failed, nothing is under way.
func (b *audit) plumbing(ctx context.Context) (wrong []string, err error) {
	for service := range b.Services {
		for _, query := range []string{
			`select 'waits in the outbox: ' || id from outbox where pending`,
			`select 'failed: ' || kind || ' ' || key || ' ' || error from timer where attempts > 0`,
			`select 'not carried out: ' || kind || ' ' || key from timer where kind like 'message%'`,
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
func (b *audit) promises(ctx context.Context) ([]string, error) {
	kept, err := b.column(ctx, "order", `
		select promise || ' orders/' || id || ' ' || case when promise_state <= 2 then promise_state else promise_state + 1 end from orders
		union all select promise || ' orders/' || order_id || '/refunds/' || id || ' ' ||
			case when promise_state = 1 then promise_state else promise_state + 1 end from refund`)
	if err != nil {
		return nil, err
	}
	book, err := b.column(ctx, "customer", `select 'promises/' || id || ' ' || about || ' ' || state from promise where service = 'order'`)
	return dbaudit.Differences("the orders have", kept, "the promise book has", book), err
}

// points: each delivered order has earned them, once. State 4 is DELIVERED.
func (b *audit) points(ctx context.Context) ([]string, error) {
	delivered, err := b.column(ctx, "order", `select 'order/' || id from orders where delivered is not null`)
	if err != nil {
		return nil, err
	}
	entered, err := b.column(ctx, "loyalty", `select reference from entry where reference like 'order/%'`)
	return dbaudit.Differences("delivered", delivered, "points given for", entered), err
}

// mails: each mail that is said to have been sent is in the folder. Channel 1 is EMAIL, outcome 3 SENT.
func (b *audit) mails(ctx context.Context) (wrong []string, err error) {
	sent, err := b.column(ctx, "notification", `
		select a.response from attempt a join delivery d on d.message_id = a.message_id and d.channel = a.channel
		where a.channel = 6 and d.state = 3 and a.response <> ''`)
	for _, file := range sent {
		if _, err := os.Stat(filepath.Join(b.mailbox, file)); err != nil {
			wrong = append(wrong, "a mail that was sent is not there: "+err.Error())
		}
	}
	return wrong, err
}

// count is a query's one number.
func (b *audit) count(t *testing.T, service, query string) (n int) {
	t.Helper()
	require.NoError(t, b.Services[service].QueryRowContext(t.Context(), query).Scan(&n))
	return n
}
