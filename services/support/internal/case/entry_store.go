package cases

import (
	"strings"
	"time"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/timestamppb"

	"kept.dev/kit/access"
	"kept.dev/kit/clock"
	"kept.dev/kit/id"
	"kept.dev/kit/sqldb"
	commonv1 "kept.dev/proto/gen/kept/common/v1"
	supportv1 "kept.dev/proto/gen/kept/support/v1"
)

const entries = "/entries/"

// asked is what the customer says, by themselves or through somebody of the house.
func asked(by access.Principal, body string, channel commonv1.Channel, now time.Time) *supportv1.CaseEntry {
	return &supportv1.CaseEntry{
		Author: supportv1.CaseEntry_CUSTOMER, Actor: by.Actor(), Body: body, Channel: channel, CreateTime: timestamppb.New(now),
	}
}

// note is what employees should know, and nobody else.
func note(body string, now time.Time) *supportv1.CaseEntry {
	return &supportv1.CaseEntry{Author: supportv1.CaseEntry_NOTE, Body: body, CreateTime: timestamppb.New(now)}
}

const insertEntry = `
	insert into case_entry (case_id, number, id, author, actor_role, actor, body, facts, channel, created)
	values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)`

// addEntry writes what was said with the change that made this version of the case, and names it.
func addEntry(tx *sqldb.Tx, r *record, e *supportv1.CaseEntry) error {
	entry := id.New()
	e.Name = r.GetName() + entries + entry
	var facts []byte
	if e.GetOrderSnapshot() != nil {
		var err error
		if facts, err = proto.Marshal(e.GetOrderSnapshot()); err != nil {
			return err
		}
	}
	tx.Exec(insertEntry, idOf(r.GetName()), r.version, entry, int64(e.GetAuthor()), int64(e.GetActor().GetRole()), e.GetActor().GetPrincipal(),
		e.GetBody(), facts, int64(e.GetChannel()), micros(e.GetCreateTime()))
	return nil
}

const selectEntries = `select case_id, number, id, author, actor_role, actor, body, facts, channel, created from case_entry`

// numbered is an entry with its place in the case.
type numbered struct {
	*supportv1.CaseEntry
	number int64
}

func scanEntry(r *sqldb.Rows) (numbered, error) {
	var caseID, entry, actor string
	var author, role, channel int64
	var created *int64
	var facts []byte
	e := numbered{CaseEntry: &supportv1.CaseEntry{}}
	err := r.Scan(&caseID, &e.number, &entry, &author, &role, &actor, &e.Body, &facts, &channel, &created)
	if err != nil {
		return numbered{}, err
	}
	e.Name = collection + caseID + entries + entry
	e.Actor = access.ActorOf(role, actor)
	e.Author, e.Channel = supportv1.CaseEntry_Author(author), commonv1.Channel(channel)
	e.Interim, e.CreateTime = e.Author == supportv1.CaseEntry_SYSTEM, clock.Stamp(created)
	if facts == nil {
		return e, nil
	}
	e.OrderSnapshot = &supportv1.OrderSnapshot{}
	return e, proto.Unmarshal(facts, e.OrderSnapshot)
}

// entryIDs are the ids of the case and of the entry in an entry's name.
func entryIDs(name string) (caseID, entry string) {
	caseID, entry, _ = strings.Cut(idOf(name), entries)
	return caseID, entry
}
