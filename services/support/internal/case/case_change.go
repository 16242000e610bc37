package cases

import (
	"context"

	"google.golang.org/protobuf/proto"

	"kept.dev/kit/outbox"
	"kept.dev/kit/sqldb"
	supportv1 "kept.dev/proto/gen/kept/support/v1"
)

// caseChange is what comes with the change that made this version of a case: an entry, if there is one, and events.
type caseChange struct {
	record *record
	entry  *supportv1.CaseEntry
	events []proto.Message
	// traceparent is the trace that it belongs to; by default, the context's.
	traceparent string
}

// write writes the entries and the events of changes, of each sort in one statement. It gives entries their names where they have none.
func (s *Service) write(ctx context.Context, tx *sqldb.Tx, changes ...caseChange) error {
	var rows [][]any
	var records []outbox.Record
	for _, c := range changes {
		if c.entry != nil {
			if c.entry.GetName() == "" {
				nameEntry(c.record, c.entry)
			}
			row, err := entryRow(c.record, c.entry)
			if err != nil {
				return err
			}
			rows = append(rows, row)
		}
		for _, fact := range c.events {
			records = append(records, outbox.Record{
				Subject: c.record.GetName(), Version: c.record.version, Fact: fact, Traceparent: c.traceparent,
			})
		}
	}
	tx.ExecValues(insertEntries, rows, "")
	if len(records) == 0 {
		return nil
	}
	return s.outbox.AppendAll(ctx, tx, records)
}

// opened is a new case with its first entry.
func opened(r *record, first *supportv1.CaseEntry) caseChange {
	return caseChange{record: r, entry: first, events: []proto.Message{caseOpened(r), promiseMade(r)}}
}

// contacted is what the customer said in a case that was open. If the case has the promise that was minted for this, a person had
// replied before, and another reply is promised.
func contacted(r *record, minted string, entry *supportv1.CaseEntry) caseChange {
	c := caseChange{record: r, entry: entry, events: []proto.Message{caseContacted(r, entry.GetChannel())}}
	if r.GetPromise() == minted {
		c.events = append(c.events, promiseMade(r))
	}
	return c
}

// agentCalled is a case that the suite has wanted a person for: a new one, or a note in the one that was open. Where a person had
// replied in that, another reply is promised.
func agentCalled(r, wanted *record) caseChange {
	note := noteEntry(wanted.GetDescription(), wanted.GetCreateTime().AsTime())
	if r.GetName() == wanted.GetName() {
		return opened(r, note)
	}
	c := caseChange{record: r, entry: note}
	if r.GetPromise() == wanted.GetPromise() {
		c.events = []proto.Message{promiseMade(r)}
	}
	return c
}
