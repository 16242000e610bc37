package promise

import (
	"maps"
	"slices"
	"time"

	"kept.dev/kit/money"
	"kept.dev/kit/resource"
	"kept.dev/kit/sqldb"
	customerv1 "kept.dev/proto/gen/kept/customer/v1"
	promisev1 "kept.dev/proto/gen/kept/promise/v1"
)

// The answer may be here already; then what the promise was is filled in and its state stays.
const (
	insertMade = `insert into promise (id, customer, about, state, kind, service, made, at_risk, due, fee, currency) values`
	fillIn     = `
		on conflict (id) do update set
			kind = excluded.kind, service = excluded.service, made = excluded.made, at_risk = excluded.at_risk,
			due = excluded.due, fee = excluded.fee, currency = excluded.currency`
)

// entry is a promise that was made.
type entry struct {
	made       *promisev1.PromiseMade
	at, atRisk time.Time
}

// enter writes promises, sorted as other replicas sort theirs. Of one that was made twice the last counts.
func enter(tx *sqldb.Tx, entries []entry) error {
	byID := map[string]entry{}
	for _, e := range entries {
		byID[resource.ID(e.made.GetPromise())] = e
	}
	var rows [][]any
	for _, id := range slices.Sorted(maps.Keys(byID)) {
		e := byID[id]
		var fee money.Amount
		if e.made.GetFee() != nil {
			var err error
			if fee, err = money.Parse(e.made.GetFee()); err != nil {
				return err
			}
		}
		rows = append(rows, []any{
			id, e.made.GetCustomer(), e.made.GetAbout(), int64(customerv1.Promise_OPEN), e.made.GetKind(), e.made.GetService(),
			e.at.UnixMicro(), e.atRisk.UnixMicro(), e.made.GetDueTime().AsTime().UnixMicro(), fee.Minor, fee.Currency,
		})
	}
	tx.ExecValues(insertMade, rows, fillIn)
	return nil
}

// Of two answers Kept stands; of others the first.
const (
	insertAnswers = `insert into promise (id, customer, about, state, resolved, cause) values`
	firstOrKept   = `
		on conflict (id) do update set state = excluded.state, resolved = excluded.resolved, cause = excluded.cause
		where promise.resolved is null or excluded.state = 4 and promise.state <> 4
		returning id`
)

// writeAnswers writes answers of different promises, and returns the ids of those whose answer stands now and did not before.
func writeAnswers(tx *sqldb.Tx, answers []answer) (turned map[string]bool, err error) {
	values := make([][]any, len(answers))
	for i, a := range answers {
		values[i] = []any{a.id(), a.fact.GetCustomer(), a.fact.GetAbout(), int64(a.state), a.at.UnixMicro(), int64(a.cause())}
	}
	rows, err := tx.BatchValues(insertAnswers, values, firstOrKept)
	if err != nil {
		return nil, err
	}
	turned = map[string]bool{}
	for rows.Next() {
		var id string
		if err := rows.Scan(&id); err != nil {
			return nil, err
		}
		turned[id] = true
	}
	return turned, nil
}
