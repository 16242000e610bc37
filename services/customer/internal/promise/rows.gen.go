// Code generated from rows.yaml by `make generate`. DO NOT EDIT.

package promise

import (
	"kept.dev/kit/clock"
	"kept.dev/kit/money"
	"kept.dev/kit/page"
	"kept.dev/kit/resource"
	"kept.dev/kit/sqldb"
	customerv1 "kept.dev/proto/gen/kept/customer/v1"
	promisev1 "kept.dev/proto/gen/kept/promise/v1"
)

// promiseRows are the rows of the table promise, each of them a Promise.
var promiseRows = resource.Rows[*customerv1.Promise, *customerv1.ListPromisesResponse]{
	Table:   "promise",
	Pattern: "promises/{promise}",
	Columns: []resource.Column{
		{Name: "id", Field: "name"},
		{Name: "customer", Field: "customer"},
		{Name: "about", Field: "about"},
		{Name: "state", Field: "state", Kind: page.Enum, Enum: customerv1.Promise_State(0)},
		{Name: "resolved", Field: "resolve_time", Kind: page.Timestamp},
		{Name: "kind", Field: "kind"},
		{Name: "service", Field: "service"},
		{Name: "made", Field: "create_time", Kind: page.Timestamp},
		{Name: "at_risk", Field: "warning_time", Kind: page.Timestamp},
		{Name: "due", Field: "due_time", Kind: page.Timestamp},
		{Name: "fee", Field: "fee"},
		{Name: "currency", Field: "fee"},
		{Name: "unanswered", Field: "unanswered_time", Kind: page.Timestamp},
		{Name: "cause", Field: "breach_cause", Kind: page.Enum, Enum: promisev1.PromiseBreachCause(0)},
		{Name: "description", Field: "description"},
	},
	Key:    keyOfPromise,
	Scan:   scanPromise,
	Values: valuesOfPromise,
	Page: func(found []*customerv1.Promise, nextPageToken string) *customerv1.ListPromisesResponse {
		return &customerv1.ListPromisesResponse{Promises: found, NextPageToken: nextPageToken}
	},
}

// keyOfPromise reads a name such as promises/{promise}.
func keyOfPromise(name string) ([]any, error) {
	var n customerv1.PromiseResourceName
	err := n.UnmarshalString(name)
	return []any{n.Promise}, err
}

func scanPromise(r *sqldb.Rows) (*customerv1.Promise, error) {
	var id string
	var state, cause int64
	var resolved, made, atRisk, due, unanswered *int64
	var fee money.Amount
	m := &customerv1.Promise{}
	err := r.Scan(&id, &m.Customer, &m.About, &state, &resolved, &m.Kind, &m.Service,
		&made, &atRisk, &due, &fee.Minor, &fee.Currency, &unanswered, &cause,
		&m.Description)
	if err != nil {
		return nil, err
	}
	m.Name = customerv1.PromiseResourceName{Promise: id}.String()
	m.State = customerv1.Promise_State(state)
	m.ResolveTime = clock.Stamp(resolved)
	m.CreateTime = clock.Stamp(made)
	m.WarningTime = clock.Stamp(atRisk)
	m.DueTime = clock.Stamp(due)
	m.Fee = resource.Money(fee)
	m.UnansweredTime = clock.Stamp(unanswered)
	m.BreachCause = promisev1.PromiseBreachCause(cause)
	return m, nil
}

func valuesOfPromise(m *customerv1.Promise) ([]any, error) {
	var name customerv1.PromiseResourceName
	if err := name.UnmarshalString(m.GetName()); err != nil {
		return nil, err
	}
	fee, err := resource.Amount("promise.fee", m.GetFee())
	if err != nil {
		return nil, err
	}
	return []any{
		name.Promise,
		m.GetCustomer(),
		m.GetAbout(),
		int64(m.GetState()),
		resource.Micros(m.GetResolveTime()),
		m.GetKind(),
		m.GetService(),
		resource.Micros(m.GetCreateTime()),
		resource.Micros(m.GetWarningTime()),
		resource.Micros(m.GetDueTime()),
		fee.Minor,
		fee.Currency,
		resource.Micros(m.GetUnansweredTime()),
		int64(m.GetBreachCause()),
		m.GetDescription(),
	}, nil
}
