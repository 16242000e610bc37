package cases

import (
	"strings"
	"time"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/timestamppb"

	"kept.dev/kit/access"
	"kept.dev/kit/clock"
	"kept.dev/kit/id"
	"kept.dev/kit/resource"
	"kept.dev/kit/sqldb"
	supportv1 "kept.dev/proto/gen/kept/support/v1"
	typepb "kept.dev/proto/gen/kept/type"
)

const entries = "/entries/"

// customerEntry is what the customer says, by themselves or through an employee.
func customerEntry(by access.Principal, body string, channel typepb.Channel, now time.Time) *supportv1.CaseEntry {
	return &supportv1.CaseEntry{
		Author: supportv1.CaseEntry_CUSTOMER, Actor: by.Actor(), Body: body, Channel: channel, CreateTime: timestamppb.New(now),
	}
}

// noteEntry is what employees should know, and nobody else.
func noteEntry(body string, now time.Time) *supportv1.CaseEntry {
	return &supportv1.CaseEntry{Author: supportv1.CaseEntry_NOTE, Body: body, CreateTime: timestamppb.New(now)}
}

const insertEntries = `
	insert into case_entry (case_id, number, id, author, actor_role, actor, body, order_snapshot, channel, created) values`

// nameEntry gives an entry of the case its name.
func nameEntry(r *record, e *supportv1.CaseEntry) { e.Name = r.GetName() + entries + id.New() }

// entryRow is the row of an entry that comes with the change that made this version of the case.
func entryRow(r *record, e *supportv1.CaseEntry) ([]any, error) {
	var snapshot any
	if e.GetOrderSnapshot() != nil {
		packed, err := resource.Pack(e.GetOrderSnapshot())
		if err != nil {
			return nil, err
		}
		snapshot = packed
	}
	caseID, entry := entryIDs(e.GetName())
	return []any{
		caseID, r.version, entry, int64(e.GetAuthor()), int64(e.GetActor().GetRole()), e.GetActor().GetPrincipal(), e.GetBody(),
		snapshot, int64(e.GetChannel()), resource.Micros(e.GetCreateTime()),
	}, nil
}

const selectEntries = `select case_id, number, id, author, actor_role, actor, body, order_snapshot, channel, created from case_entry`

// numbered is an entry with its place in the case, which callers don't see: where notes are left out it would show them.
type numbered struct {
	*supportv1.CaseEntry
	number int64
}

func scanEntry(r *sqldb.Rows) (numbered, error) {
	var caseID, entry, actor string
	var author, role, channel int64
	var created *int64
	var snapshot []byte
	e := numbered{CaseEntry: &supportv1.CaseEntry{}}
	err := r.Scan(&caseID, &e.number, &entry, &author, &role, &actor, &e.Body, &snapshot, &channel, &created)
	if err != nil {
		return numbered{}, err
	}
	e.Name = collection + caseID + entries + entry
	e.Actor = access.ActorOf(role, actor)
	e.Author, e.Channel = supportv1.CaseEntry_Author(author), typepb.Channel(channel)
	e.Interim, e.CreateTime = e.Author == supportv1.CaseEntry_SYSTEM, clock.Stamp(created)
	if snapshot == nil {
		return e, nil
	}
	e.OrderSnapshot = &supportv1.OrderSnapshot{}
	return e, proto.Unmarshal(snapshot, e.OrderSnapshot)
}

// entryIDs are the ids of the case and of the entry in an entry's name.
func entryIDs(name string) (caseID, entry string) {
	caseID, entry, _ = strings.Cut(strings.TrimPrefix(name, collection), entries)
	return caseID, entry
}
