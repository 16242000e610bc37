package cases

import (
	"cmp"
	"context"
	"maps"
	"slices"
	"strings"

	"kept.dev/kit/resource"
	"kept.dev/kit/sqldb"
)

// call is a cause for which the suite itself wants a person.
type call struct {
	// cause counts once: a promise that broke, a shortage that nobody answered.
	cause string
	// about is what the promise was about: perhaps a case.
	about       string
	wanted      *record
	traceparent string
}

// callAgents has persons look at what is wanted: in the very case in which a promise broke if that is not closed, or else in the one
// that the customer has open about the same, or else in a new one.
func (s *Service) callAgents(ctx context.Context, tx *sqldb.Tx, calls []call) error {
	calls, err := claimCauses(tx, calls)
	if err != nil {
		return err
	}
	found, err := requireReplies(tx, calls)
	if err != nil {
		return err
	}
	var open []*sqldb.Stmt
	for _, c := range calls {
		if found[c.cause] == nil {
			open = append(open, openOrJoin(c.wanted))
		}
	}
	opened, err := updateCases(tx, open...)
	if err != nil {
		return err
	}
	changes := make([]caseChange, len(calls))
	for i, c := range calls {
		r := found[c.cause]
		if r == nil {
			r, opened = opened[0], opened[1:]
		}
		changes[i] = agentCalled(r, c.wanted)
		changes[i].traceparent = c.traceparent
	}
	return s.write(ctx, tx, changes...)
}

// claimCauses leaves the calls whose causes were not known before, in the order in which everybody locks their cases.
func claimCauses(tx *sqldb.Tx, calls []call) ([]call, error) {
	byCause := map[string]call{}
	for _, c := range calls {
		if _, twice := byCause[c.cause]; !twice {
			byCause[c.cause] = c
		}
	}
	var rows [][]any
	for _, cause := range slices.Sorted(maps.Keys(byCause)) {
		rows = append(rows, []any{cause})
	}
	claimed, err := tx.BatchValues(`insert into case_cause (cause) values`, rows, `on conflict (cause) do nothing returning cause`)
	if err != nil {
		return nil, err
	}
	causes, err := sqldb.All(claimed, func(r *sqldb.Rows) (cause string, err error) { return cause, r.Scan(&cause) })
	fresh := make([]call, len(causes))
	for i, cause := range causes {
		fresh[i] = byCause[cause]
	}
	slices.SortFunc(fresh, func(a, b call) int {
		return cmp.Or(cmp.Compare(a.wanted.GetCustomer(), b.wanted.GetCustomer()), cmp.Compare(a.wanted.GetAbout(), b.wanted.GetAbout()),
			cmp.Compare(a.cause, b.cause))
	})
	return fresh, err
}

var requireReplyIn = `
	update cases set ` + requireReply("0", "$2", "$3") + `
	where id = $1 and state <> 3
	returning ` + columns

// requireReplies has somebody look again at the very cases in which promises broke, and returns those that are not closed, by cause.
func requireReplies(tx *sqldb.Tx, calls []call) (map[string]*record, error) {
	var updates []*sqldb.Stmt
	var causes []string
	for _, c := range calls {
		if strings.HasPrefix(c.about, collection) {
			updates = append(updates, sqldb.Q(requireReplyIn, resource.ID(c.about), c.wanted.GetPromise(), resource.Micros(c.wanted.GetCreateTime())))
			causes = append(causes, c.cause)
		}
	}
	records, err := updateCases(tx, updates...)
	found := map[string]*record{}
	for i, r := range records {
		found[causes[i]] = r
	}
	return found, err
}
