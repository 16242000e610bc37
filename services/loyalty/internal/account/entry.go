package account

import (
	"time"

	"google.golang.org/protobuf/types/known/timestamppb"

	"kept.dev/kit/access"
	"kept.dev/kit/outbox"
	loyaltyv1 "kept.dev/proto/gen/kept/loyalty/v1"
)

// entry is what happened, and what it means for a customer's account. The company's side is the same with the other sign.
type entry struct {
	id string
	holder
	kind      loyaltyv1.Posting_Kind
	reference string // what it is entered under, once in a programme
	about     string
	reason    string
	actor     access.Principal
	points    int64 // to the customer; below zero from them
	at        time.Time
	// traceparent is the trace of the event that it comes from; empty for the caller's.
	traceparent string
}

// posted is an entry, and how the customer's account stands after it.
type posted struct {
	entry
	after accountState
}

func (p posted) entryRow() []any {
	return []any{p.id, p.program, int64(p.kind), p.reference, p.about, p.reason, int64(p.actor.Role), p.actor.Subject, p.at.UnixMicro()}
}

func (p posted) customersRow() []any {
	return []any{p.id, p.program, p.customer, p.after.version, p.points, p.after.balance}
}

// companysRow is the other side: what the customer gets, the company gives.
func (p posted) companysRow() []any { return []any{p.id, p.program, "", nil, -p.points, nil} }

func (p posted) proto() *loyaltyv1.Posting {
	return &loyaltyv1.Posting{
		Name: p.posting(p.id), Kind: p.kind, Points: p.points, Balance: p.after.balance, About: p.about, Reason: p.reason,
		Actor: p.actor.Actor(), CreateTime: timestamppb.New(p.at),
	}
}

func (p posted) said() outbox.Record {
	return outbox.Record{Subject: p.name(), Version: p.after.version, Traceparent: p.traceparent, Fact: &loyaltyv1.PointsPosted{
		Posting: p.posting(p.id), Account: p.name(), Customer: p.customerName(), Kind: p.kind, Points: p.points,
		Balance: p.after.balance, About: p.about,
	}}
}
