package cases

import (
	"strings"
	"time"

	"google.golang.org/protobuf/types/known/timestamppb"

	"kept.dev/kit/id"
	supportv1 "kept.dev/proto/gen/kept/support/v1"
)

// replyWithin is how soon a person replies to a request of this kind.
func replyWithin(kind supportv1.Case_Kind) time.Duration {
	switch kind {
	case supportv1.Case_PROBLEM, supportv1.Case_CALL:
		return 8 * time.Hour
	case supportv1.Case_COMPLAINT, supportv1.Case_BROKEN_PROMISE:
		return 4 * time.Hour
	default:
		return 24 * time.Hour
	}
}

// atRiskTime is when three quarters of the time for a reply are over.
func atRiskTime(due time.Time, within time.Duration) time.Time { return due.Add(-within / 4) }

// record is a case with what its row has besides what callers see.
type record struct {
	*supportv1.Case
	version          int64
	promiseState     promiseState
	promiseVersion   int64 // the version of the case that gave the promise its present state
	replyWithin      time.Duration
	previousAssignee string
}

// promiseState is what became of the reply promise, in the case's own eyes.
type promiseState int64

const (
	promiseOpen promiseState = iota + 1
	promiseKept
	promiseBroken
)

// answers tells whether the change that made this version of the case gave its promise that answer.
func (r *record) answers(to promiseState) bool {
	return r.promiseState == to && r.promiseVersion == r.version
}

// newCase is the case that a customer wants, with a promise of when a person replies. Nothing that the service decides is taken
// from the caller.
func newCase(wanted *supportv1.Case, now time.Time) *record {
	kind := wanted.GetKind()
	if kind == supportv1.Case_KIND_UNSPECIFIED {
		kind = supportv1.Case_QUESTION
	}
	within := replyWithin(kind)
	return &record{
		Case: &supportv1.Case{
			Name: collection + id.New(), Etag: "1", State: supportv1.Case_OPEN, Queue: frontQueue, ContactCount: 1,
			Customer: wanted.GetCustomer(), Title: wanted.GetTitle(), Description: wanted.GetDescription(),
			About: wanted.GetAbout(), Kind: kind, Channel: wanted.GetChannel(),
			Promise: newPromise(), ReplyDueTime: timestamppb.New(now.Add(within)), CreateTime: timestamppb.New(now),
		},
		version: 1, promiseState: promiseOpen, replyWithin: within,
	}
}

func newPromise() string { return "promises/" + id.New() }

// newAgentCase is a case that the suite opens by itself, to call a person: the customer has not asked, and nothing automatic
// replies. The responsible one is a queue or an agent.
func newAgentCase(wanted *supportv1.Case, responsible string, now time.Time) *record {
	r := newCase(wanted, now)
	r.ContactCount, r.AgentRequired = 0, true
	if queue, agent := assignment(responsible); queue != "" || agent != "" {
		r.Agent = agent
		if queue != "" {
			r.Queue = queue
		}
	}
	return r
}

// assignment tells whether a case is given to a queue or to an agent.
func assignment(assignee string) (queue, agent string) {
	if strings.HasPrefix(assignee, "queues/") {
		return assignee, ""
	}
	return "", assignee
}

// orderOf is the order that a request is about, orders/{order}, if it is about one or about something of one.
func orderOf(about string) string {
	parts := strings.SplitN(about, "/", 3)
	if len(parts) < 2 || parts[0] != "orders" {
		return ""
	}
	return parts[0] + "/" + parts[1]
}

// subjectOf is what a case about a broken promise is about: the order, where it belongs to one.
func subjectOf(subject string) string {
	if order := orderOf(subject); order != "" {
		return order
	}
	if strings.HasPrefix(subject, "customers/") { // it is about nothing but them
		return ""
	}
	return subject
}

// joinedText is what a customer says with another request about the same while a case is open: its title too, unless it is the same,
// so that nothing is lost.
func joinedText(open, again *supportv1.Case) string {
	if again.GetTitle() == open.GetTitle() {
		return again.GetDescription()
	}
	return again.GetTitle() + "\n\n" + again.GetDescription()
}
