package cases

import (
	"context"
	"slices"
	"unicode/utf8"

	"google.golang.org/protobuf/proto"

	"kept.dev/kit/inbox"
	"kept.dev/kit/resource"
	"kept.dev/kit/search"
	"kept.dev/kit/sqldb"
	supportv1 "kept.dev/proto/gen/kept/support/v1"
)

// How much it counts by what a case is found, and how much of what was said in it is looked at, in bytes.
const (
	titleWeight       = 3
	descriptionWeight = 2
	entryWeight       = 1
	mostText          = 20_000
)

// caseFact is a fact of ours after which a case may have more in it.
type caseFact interface {
	proto.Message
	GetCase() string
}

// searchEvents keep what cases are found by, in a consumer of their own: nothing waits for it.
func searchEvents() []inbox.Handler {
	return inbox.In("search", inbox.OnTypes[caseFact]("case.search", onCasesChanged,
		(*supportv1.CaseOpened)(nil), (*supportv1.CaseContacted)(nil), (*supportv1.CaseReplied)(nil),
		(*supportv1.CaseAssigned)(nil), (*supportv1.CaseClosed)(nil)))
}

// onCasesChanged has cases found by what is in them now.
func onCasesChanged(_ context.Context, tx *sqldb.Tx, events []inbox.Of[caseFact]) error {
	var ids []string
	for _, e := range events {
		ids = append(ids, resource.ID(e.Fact.GetCase()))
	}
	slices.Sort(ids)
	ids = slices.Compact(ids)
	list, args := sqldb.List(1, ids)
	results, err := tx.Batch(sqldb.Q(selectCases+` where id in `+list, args...),
		sqldb.Q(`select case_id, body from case_entry where case_id in `+list+` order by case_id, number`, args...))
	if err != nil {
		return err
	}
	records, err := sqldb.All(results[0], scan)
	if err != nil {
		return err
	}
	said := map[string]string{}
	for results[1].Next() {
		var id, body string
		if err := results[1].Scan(&id, &body); err != nil {
			return err
		}
		said[id] += " " + body
	}
	documents := make([]search.Document, len(records))
	for i, r := range records {
		documents[i] = search.Document{Name: r.GetName(), Version: r.version, Fields: []search.Field{
			{Text: r.GetTitle(), Weight: titleWeight}, {Text: r.GetDescription(), Weight: descriptionWeight},
			{Text: beginning(said[resource.ID(r.GetName())]), Weight: entryWeight},
		}}
	}
	return found.Put(tx, documents...)
}

// beginning is as much of a text as is looked at.
func beginning(text string) string {
	if len(text) <= mostText {
		return text
	}
	end := mostText
	for !utf8.RuneStart(text[end]) {
		end--
	}
	return text[:end]
}
