package cases

import (
	"sync"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/require"
	"google.golang.org/grpc/codes"

	"kept.dev/kit/resource"
	"kept.dev/kit/sqldb"
	supportv1 "kept.dev/proto/gen/kept/support/v1"
)

func TestOnlyARepliedCaseIsClosed(t *testing.T) {
	onBoth(t, func(t *testing.T, b *fixture) {
		c := b.ask(t, "")
		req := &supportv1.CloseCaseRequest{Name: c.GetName(), Resolution: "It came"}
		_, err := b.CloseCase(agent(t), req)
		refused(t, err, codes.FailedPrecondition, "CASE_NOT_REPLIED")
		b.hear(t, due(c))
		_, err = b.CloseCase(agent(t), req)
		refused(t, err, codes.FailedPrecondition, "CASE_NOT_REPLIED")

		b.reply(t, c.GetName())
		b.contact(t, c.GetName(), "And now?")
		_, err = b.CloseCase(agent(t), req)
		refused(t, err, codes.FailedPrecondition, "CASE_NOT_REPLIED")

		b.reply(t, c.GetName())
		closed := b.close(t, c.GetName())
		require.Equal(t, "CLOSED It came", closed.GetState().String()+" "+closed.GetResolution())
		require.Equal(t, b.hands.Now(), closed.GetCloseTime().AsTime())
		require.Len(t, said[*supportv1.CaseClosed](t, b, c.GetName()), 1)

		_, err = b.CloseCase(agent(t), req)
		refused(t, err, codes.FailedPrecondition, "CASE_CLOSED")
		_, err = b.ContactCase(agent(t), &supportv1.ContactCaseRequest{Name: c.GetName(), Body: "One more thing"})
		refused(t, err, codes.FailedPrecondition, "CASE_CLOSED")
		_, err = b.AssignCase(agent(t), &supportv1.AssignCaseRequest{Name: c.GetName(), Assignee: "agents/anna"})
		refused(t, err, codes.FailedPrecondition, "CASE_CLOSED")
		require.Equal(t, closed.String(), b.get(t, c.GetName()).String())
		req.Name = "cases/none"
		_, err = b.CloseCase(agent(t), req)
		refused(t, err, codes.NotFound, "NOT_FOUND")
	})
}

func TestACaseIsClosedOnce(t *testing.T) {
	onBoth(t, func(t *testing.T, b *fixture) {
		c := b.ask(t, "")
		b.reply(t, c.GetName())
		var all sync.WaitGroup
		var closed atomic.Int64
		for range 10 {
			all.Go(func() {
				if _, err := b.CloseCase(agent(t), &supportv1.CloseCaseRequest{Name: c.GetName(), Resolution: "It came"}); err == nil {
					closed.Add(1)
				}
			})
		}
		all.Wait()
		require.EqualValues(t, 1, closed.Load())
		require.Len(t, said[*supportv1.CaseClosed](t, b, c.GetName()), 1)
	})
}

// TestWhatIsAskedWhileACaseIsClosedIsNotLost: it is either part of the case, which then stays open, or a case of its own.
func TestWhatIsAskedWhileACaseIsClosedIsNotLost(t *testing.T) {
	onBoth(t, func(t *testing.T, b *fixture) {
		for range 10 {
			order := b.others.order(b.olena)
			name := b.ask(t, order).GetName()
			b.reply(t, name)
			var both sync.WaitGroup
			both.Go(func() {
				_, _ = b.CloseCase(agent(t), &supportv1.CloseCaseRequest{Name: name, Resolution: "It came"})
			})
			both.Go(func() {
				_, _ = b.CreateCase(customer(t, b.olena), b.request(order, supportv1.Case_QUESTION))
			})
			both.Wait()
			open := b.about(t, order)[0]
			require.Equal(t, supportv1.Case_OPEN, open.GetState())
			require.Equal(t, open.GetName() != name, b.get(t, name).GetState() == supportv1.Case_CLOSED)
			entries := by(supportv1.CaseEntry_CUSTOMER, b.entries(t, open.GetName()))
			require.Len(t, entries, map[bool]int{true: 2, false: 1}[open.GetName() == name])
		}
	})
}

func TestAssign(t *testing.T) {
	onBoth(t, func(t *testing.T, b *fixture) {
		c := b.ask(t, "")
		for _, step := range []struct{ to, queue, agent string }{
			{"agents/anna", "queues/front", "agents/anna"},
			{"agents/ivan", "queues/front", "agents/ivan"},
			{"queues/delivery", "queues/delivery", ""},
			{"agents/anna", "queues/delivery", "agents/anna"},
		} {
			given, err := b.AssignCase(agent(t), &supportv1.AssignCaseRequest{Name: c.GetName(), Assignee: step.to})
			require.NoError(t, err)
			require.Equal(t, step.queue+" "+step.agent, given.GetQueue()+" "+given.GetAgent())
			facts := said[*supportv1.CaseAssigned](t, b, c.GetName())
			last := facts[len(facts)-1]
			require.Equal(t, step.queue+" "+step.agent, last.GetQueue()+" "+last.GetAgent())
		}
		_, err := b.AssignCase(agent(t), &supportv1.AssignCaseRequest{Name: "cases/none", Assignee: "agents/anna"})
		refused(t, err, codes.NotFound, "NOT_FOUND")
	})
}

// TestTheTableRefuses breaks each rule on the table itself, where no code of ours stands before it.
func TestTheTableRefuses(t *testing.T) {
	onBoth(t, func(t *testing.T, b *fixture) {
		id := resource.ID(b.ask(t, "products/pot").GetName())
		for constraint, update := range map[string]string{
			"cases_owner_or_queue":      `update cases set queue = '', agent = '' where id = $1`,
			"cases_state_known":         `update cases set state = 0 where id = $1`,
			"cases_replied_by_person":   `update cases set state = 2 where id = $1`,
			"cases_closed_after_reply":  `update cases set closed = 1 where id = $1`,
			"cases_promise_state_known": `update cases set promise_state = 4 where id = $1`,
			"cases_contact_count_range": `update cases set contact_count = -1 where id = $1`,
			"cases_one_open": `insert into cases
				select 'another', version, customer, title, description, about, kind, channel, state, queue, agent, previous_assignee, escalated,
					agent_required, contact_count, promise, promise_state, promise_version, reply_within, reply_due, created, replied, closed, resolution, customer_class
				from cases where id = $1`,
		} {
			err := b.db.Update(t.Context(), "test", func(tx *sqldb.Tx) error {
				tx.Exec(update, id)
				return nil
			})
			require.True(t, sqldb.Violates(err, constraint), "%s: %v", constraint, err)
		}
	})
}
