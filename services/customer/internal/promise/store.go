package promise

import (
	"strings"
	"time"

	"kept.dev/kit/clock"
	"kept.dev/kit/event"
	"kept.dev/kit/money"
	"kept.dev/kit/sqldb"
	customerv1 "kept.dev/proto/gen/kept/customer/v1"
	promisev1 "kept.dev/proto/gen/kept/promise/v1"
)

func idOf(name string) string { return strings.TrimPrefix(name, collection) }

// The answer may be here already; then what the promise was is filled in and its state stays.
const upsertMade = `
	insert into promise (id, customer, about, state, kind, service, made, at_risk, due, fee, currency)
	values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)
	on conflict (id) do update set
		kind = excluded.kind, service = excluded.service, made = excluded.made, at_risk = excluded.at_risk,
		due = excluded.due, fee = excluded.fee, currency = excluded.currency`

// enter writes a promise.
func enter(tx *sqldb.Tx, e event.Event, made *promisev1.PromiseMade, atRisk time.Time) error {
	var fee money.Amount
	if made.GetFee() != nil {
		var err error
		if fee, err = money.Parse(made.GetFee()); err != nil {
			return err
		}
	}
	tx.Exec(upsertMade, idOf(made.GetPromise()), made.GetCustomer(), made.GetAbout(),
		int64(customerv1.Promise_OPEN), int64(made.GetKind()), made.GetService(), e.Time.UnixMicro(),
		atRisk.UnixMicro(), made.GetDueTime().AsTime().UnixMicro(), fee.Minor, fee.Currency)
	return nil
}

// Of two answers Kept stands; of others the first.
const upsertAnswer = `
	insert into promise (id, customer, about, state, resolved)
	values ($1, $2, $3, $4, $5)
	on conflict (id) do update set state = excluded.state, resolved = excluded.resolved
	where promise.resolved is null or excluded.state = 4 and promise.state <> 4`

func writeAnswer(tx *sqldb.Tx, a answer) { tx.Exec(upsertAnswer, a.args()...) }

// writeNews writes the answer and tells whether it stands now and did not before.
func writeNews(tx *sqldb.Tx, a answer) (bool, error) {
	rows, err := tx.Query(upsertAnswer+` returning id`, a.args()...)
	return err == nil && rows.Len() > 0, err
}

func (a answer) args() []any {
	return []any{idOf(a.promise), a.customer, a.about, int64(a.state), a.at.UnixMicro()}
}

const columns = `id, customer, about, state, resolved, kind, service, made, at_risk, due, fee, currency, unanswered`

func scan(r *sqldb.Rows) (*customerv1.Promise, error) {
	var id, currency string
	var state, kind, fee int64
	var resolved, made, risk, due, reported *int64
	p := &customerv1.Promise{}
	err := r.Scan(&id, &p.Customer, &p.About, &state, &resolved, &kind, &p.Service, &made, &risk, &due,
		&fee, &currency, &reported)
	if err != nil {
		return nil, err
	}
	p.Name = collection + id
	p.State = customerv1.Promise_State(state)
	p.Kind = promisev1.PromiseKind(kind)
	p.CreateTime, p.WarningTime, p.DueTime = clock.Stamp(made), clock.Stamp(risk), clock.Stamp(due)
	p.ResolveTime, p.UnansweredTime = clock.Stamp(resolved), clock.Stamp(reported)
	if currency != "" {
		p.Fee = money.Amount{Minor: fee, Currency: currency}.Proto()
	}
	return p, nil
}
