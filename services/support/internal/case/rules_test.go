package cases

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"google.golang.org/protobuf/types/known/timestamppb"
	"pgregory.net/rapid"

	supportv1 "kept.dev/proto/gen/kept/support/v1"
)

func TestReplyIsPromisedByKind(t *testing.T) {
	promised := map[supportv1.Case_Kind]time.Duration{
		supportv1.Case_KIND_UNSPECIFIED: 24 * time.Hour,
		supportv1.Case_QUESTION:         24 * time.Hour,
		supportv1.Case_PROBLEM:          8 * time.Hour,
		supportv1.Case_COMPLAINT:        4 * time.Hour,
		supportv1.Case_BROKEN_PROMISE:   4 * time.Hour,
		supportv1.Case_CALL:             8 * time.Hour,
	}
	require.Len(t, promised, len(supportv1.Case_Kind_name), "each kind")
	for kind, within := range promised {
		require.Equal(t, within, replyWithin(kind), kind.String())
		require.Equal(t, start.Add(within*3/4), atRiskTime(start.Add(within), within), kind.String())
	}
}

func TestOpenedTakesNothingFromTheCallerThatTheHouseDecides(t *testing.T) {
	honest := &supportv1.Case{Customer: "customers/olena", Title: "T", Description: "D", About: "orders/1"}
	forged := &supportv1.Case{
		Customer: "customers/olena", Title: "T", Description: "D", About: "orders/1", Name: "cases/mine",
		State: supportv1.Case_CLOSED, Queue: "queues/none", Agent: "agents/me", Escalated: true, AgentRequired: true, ContactCount: 9,
		Promise: "promises/mine", ReplyDueTime: timestamppb.New(start), ReplyTime: timestamppb.New(start),
		CreateTime: timestamppb.New(start), CloseTime: timestamppb.New(start), Resolution: "Done", Etag: "7",
	}
	a, b := newCase(honest, start.Add(time.Hour)), newCase(forged, start.Add(time.Hour))
	require.NotEqual(t, "cases/mine", b.GetName())
	require.NotEqual(t, "promises/mine", b.GetPromise())
	b.Name, b.Promise = a.GetName(), a.GetPromise()
	require.Equal(t, a.String(), b.String())
}

func TestWhoIsResponsible(t *testing.T) {
	for responsible, want := range map[string]string{
		"queues/delivery": "queues/delivery ", "agents/anna": "queues/front agents/anna", "": "queues/front ",
	} {
		r := newAgentCase(&supportv1.Case{Kind: supportv1.Case_BROKEN_PROMISE}, responsible, start)
		require.Equal(t, want, r.GetQueue()+" "+r.GetAgent(), responsible)
		require.True(t, r.GetAgentRequired())
		require.Zero(t, r.GetContactCount(), "the customer has not asked")
	}
}

func TestOrderOf(t *testing.T) {
	for about, order := range map[string]string{
		"": "", "orders": "", "orders/1": "orders/1", "orders/1/refunds/speed-fee": "orders/1", "products/1": "",
		"customers/orders": "", "cases/1": "",
	} {
		require.Equal(t, order, orderOf(about), about)
	}
	require.Equal(t, "orders/1", subjectOf("orders/1/refunds/cancellation"))
	require.Equal(t, "cases/1", subjectOf("cases/1"))
}

// TestTheWarningComesBeforeTheEnd holds whatever the time that is promised.
func TestTheWarningComesBeforeTheEnd(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		within := time.Duration(rapid.Int64Range(int64(time.Millisecond), int64(1000*time.Hour)).Draw(t, "within"))
		risk := atRiskTime(start.Add(within), within)
		require.True(t, risk.After(start) && risk.Before(start.Add(within)), "%v", risk)
	})
}
