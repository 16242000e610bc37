package cases

import (
	"errors"
	"time"

	"kept.dev/kit/errs"
	"kept.dev/kit/resource"
	"kept.dev/kit/sqldb"
)

// cases are the cases as callers see them: customers their own.
var cases = resource.Of(caseColumnRows, resource.Owner("customer"),
	resource.Sortable("create_time", "reply_due_time"),
	resource.Filterable("customer", "about", "state", "kind", "queue", "agent", "escalated", "customer_class"),
	resource.Order("create_time desc"))

// columns are those that callers see, and those of a record besides.
var columns = caseColumnRows.ColumnList() + ", promise_state, promise_version, reply_within, previous_assignee"

var selectCases = `select ` + columns + ` from cases`

func scan(r *sqldb.Rows) (*record, error) {
	var state, within int64
	c := &record{}
	seen, err := r.ScanLast(&state, &c.promiseVersion, &within, &c.previousAssignee)
	if err != nil {
		return nil, err
	}
	c.promiseState, c.replyWithin = promiseState(state), time.Duration(within)*time.Microsecond
	if c.Case, err = caseColumnRows.Scan(seen); err != nil {
		return nil, err
	}
	c.version = resource.Version(c.GetEtag())
	return c, nil
}

// Whoever asks about a subject of which a case is open meets the row that the first one wrote (cases_one_open), on whatever replica,
// and becomes part of that case. It counts for as many contacts as the case that was to be opened.
var insertOrJoin = `
	insert into cases (id, version, customer, title, description, about, kind, channel, state, queue, agent, previous_assignee, escalated,
		agent_required, contact_count, promise, promise_state, promise_version, reply_within, reply_due, created, resolution, customer_class)
	values ($1, 1, $2, $3, $4, $5, $6, $7, 1, $8, $9, '', false, $10, $11, $12, 1, 0, $13, $14, $15, '',
		coalesce((select class from customer_class where customer = $2), ''))
	on conflict (customer, about) where about <> '' and state <> 3
	do update set ` + requireReply("excluded.contact_count", "excluded.promise", "excluded.created") + `
	returning ` + columns

// requireReply is what changes in a case to which a person has to reply again. Where one had replied, another reply is promised, from
// now on. A closed case gets the state 0, which cases_state_known refuses.
func requireReply(contacts, promise, now string) string {
	return `version = cases.version + 1, contact_count = cases.contact_count + ` + contacts + `, agent_required = true,
		state = case when cases.state = 3 then 0 else 1 end,
		promise = case when cases.state = 2 then ` + promise + ` else cases.promise end,
		promise_state = case when cases.state = 2 then 1 else cases.promise_state end,
		escalated = case when cases.state = 2 then false else cases.escalated end,
		reply_due = case when cases.state = 2 then ` + now + ` + cases.reply_within else cases.reply_due end`
}

// openOrJoin writes a new case, or makes the request part of the one that is open about the same; then the case that it returns has
// another name.
func openOrJoin(wanted *record) *sqldb.Stmt {
	return sqldb.Q(insertOrJoin, resource.ID(wanted.GetName()), wanted.GetCustomer(), wanted.GetTitle(),
		wanted.GetDescription(), wanted.GetAbout(), int64(wanted.GetKind()), int64(wanted.GetChannel()), wanted.GetQueue(),
		wanted.GetAgent(), wanted.GetAgentRequired(), int64(wanted.GetContactCount()), wanted.GetPromise(),
		wanted.replyWithin.Microseconds(), resource.Micros(wanted.GetReplyDueTime()), resource.Micros(wanted.GetCreateTime()))
}

// updateCase runs an update that returns the case's columns. It gives a closed case a state that there is not.
//
// Errors: NOT_FOUND when it changed no row; FAILED_PRECONDITION (CASE_CLOSED).
func updateCase(tx *sqldb.Tx, name string, update *sqldb.Stmt) (*record, error) {
	found, err := updateCases(tx, update.Refuse("cases_state_known", errClosed(name)))
	if err == nil && found[0] == nil {
		return nil, errs.NotFound(name)
	}
	if err != nil {
		return nil, err
	}
	return found[0], nil
}

// updateCases runs updates in one round trip. A record is nil where an update changed no row.
func updateCases(tx *sqldb.Tx, updates ...*sqldb.Stmt) ([]*record, error) {
	results, err := tx.Batch(updates...)
	if err != nil {
		return nil, err
	}
	records := make([]*record, len(results))
	for i, rows := range results {
		if records[i], err = sqldb.One(rows, scan); err != nil && !errors.Is(err, sqldb.ErrNoRow) {
			return nil, err
		}
	}
	return records, nil
}

func errClosed(name string) error { return errs.Refused("CASE_CLOSED", "%s is closed", name) }
