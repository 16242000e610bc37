package cases

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	supportv1 "kept.dev/proto/gen/kept/support/v1"
)

func TestACaseIsEscalatedToThoseOnDuty(t *testing.T) {
	onBoth(t, func(t *testing.T, b *fixture) {
		c := b.ask(t, "")
		_, err := b.AssignCase(agent(t), &supportv1.AssignCaseRequest{Name: c.GetName(), Assignee: "agents/asleep"})
		require.NoError(t, err)
		b.hands.advance(18 * time.Hour)
		b.hear(t, atRisk(c), atRisk(c))

		escalated := b.get(t, c.GetName())
		require.Equal(t, "true queues/duty  OPEN",
			text(escalated.GetEscalated())+" "+escalated.GetQueue()+" "+escalated.GetAgent()+" "+escalated.GetState().String())
		notes := by(supportv1.CaseEntry_NOTE, b.entries(t, c.GetName()))
		require.Len(t, notes, 1)
		contains(t, notes[0].GetBody(), "agents/asleep", "9 March 2026, 12:00 UTC")
		facts := said[*supportv1.CaseEscalated](t, b, c.GetName())
		require.Len(t, facts, 1)
		require.Equal(t, "queues/duty", facts[0].GetQueue())
		require.Equal(t, c.GetReplyDueTime().AsTime(), facts[0].GetReplyDueTime().AsTime())
	})
}

func TestTheNoteNamesTheQueueWhereNobodyHadTheCase(t *testing.T) {
	onBoth(t, func(t *testing.T, b *fixture) {
		c := b.ask(t, "")
		b.hear(t, atRisk(c))
		contains(t, by(supportv1.CaseEntry_NOTE, b.entries(t, c.GetName()))[0].GetBody(), "queues/front")
	})
}

func TestAWarningAfterTheReplyDoesNothing(t *testing.T) {
	onBoth(t, func(t *testing.T, b *fixture) {
		c := b.ask(t, "")
		replied := b.reply(t, c.GetName())
		b.hear(t, atRisk(c))
		require.Equal(t, replied.String(), b.get(t, c.GetName()).String())
		closed := b.close(t, c.GetName())
		b.hear(t, atRisk(c), due(c))
		require.Equal(t, closed.String(), b.get(t, c.GetName()).String())
		require.Empty(t, said[*supportv1.CaseEscalated](t, b, c.GetName()))
		require.Empty(t, by(supportv1.CaseEntry_NOTE, b.entries(t, c.GetName())))
	})
}

func TestWhoeverTakesAnEscalatedCaseKeepsIt(t *testing.T) {
	onBoth(t, func(t *testing.T, b *fixture) {
		c := b.ask(t, "")
		b.hear(t, atRisk(c))
		taken, err := b.AssignCase(agent(t), &supportv1.AssignCaseRequest{Name: c.GetName(), Assignee: "agents/anna"})
		require.NoError(t, err)
		b.hear(t, atRisk(c))
		require.Equal(t, taken.String(), b.get(t, c.GetName()).String())
		require.Equal(t, "queues/duty agents/anna", taken.GetQueue()+" "+taken.GetAgent())
	})
}
