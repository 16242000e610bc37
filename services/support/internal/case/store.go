package cases

import (
	"errors"
	"strconv"
	"strings"
	"time"

	"google.golang.org/protobuf/types/known/timestamppb"

	"kept.dev/kit/clock"
	"kept.dev/kit/errs"
	"kept.dev/kit/sqldb"
	commonv1 "kept.dev/proto/gen/kept/common/v1"
	supportv1 "kept.dev/proto/gen/kept/support/v1"
)

func idOf(name string) string { return strings.TrimPrefix(name, collection) }

const columns = `id, version, customer, title, description, about, kind, channel, state, queue, agent, relieved, escalated,
	agent_required, contacts, promise, promise_state, answered, reply_within, due, created, replied, closed, resolution`

const selectCases = `select ` + columns + ` from cases`

func scan(r *sqldb.Rows) (*record, error) {
	var id string
	var kind, channel, state, promised, within int64
	var due, created, replied, closed *int64
	c := &record{Case: &supportv1.Case{}}
	err := r.Scan(&id, &c.version, &c.Customer, &c.Title, &c.Description, &c.About, &kind, &channel, &state,
		&c.Queue, &c.Agent, &c.relieved, &c.Escalated, &c.AgentRequired, &c.ContactCount, &c.Promise, &promised,
		&c.answered, &within, &due, &created, &replied, &closed, &c.Resolution)
	if err != nil {
		return nil, err
	}
	c.Name, c.Etag = collection+id, strconv.FormatInt(c.version, 10)
	c.Kind, c.State, c.Channel = supportv1.Case_Kind(kind), supportv1.Case_State(state), commonv1.Channel(channel)
	c.promiseState, c.within = promiseState(promised), time.Duration(within)*time.Microsecond
	c.ReplyDueTime, c.CreateTime, c.ReplyTime, c.CloseTime = clock.Stamp(due), clock.Stamp(created), clock.Stamp(replied), clock.Stamp(closed)
	return c, nil
}

// Whoever asks about a matter that is open meets the row that the first one wrote (cases_one_open), on whatever replica, and
// becomes part of that case. It counts for as many contacts as the case that was to be opened.
var insertOrJoin = `
	insert into cases (id, version, customer, title, description, about, kind, channel, state, queue, agent, relieved, escalated,
		agent_required, contacts, promise, promise_state, answered, reply_within, due, created, resolution)
	values ($1, 1, $2, $3, $4, $5, $6, $7, 1, $8, $9, '', false, $10, $11, $12, 1, 0, $13, $14, $15, '')
	on conflict (customer, about) where about <> '' and state <> 3
	do update set ` + askedAgain("excluded.contacts", "excluded.promise", "excluded.created") + `
	returning ` + columns

// askedAgain is what changes in a case that somebody has to look at again: a person has to reply. Where one had replied, another
// reply is promised, from now on. A closed case gets the state 0, which cases_state_known refuses.
func askedAgain(contacts, promise, now string) string {
	return `version = cases.version + 1, contacts = cases.contacts + ` + contacts + `, agent_required = true,
		state = case when cases.state = 3 then 0 else 1 end,
		promise = case when cases.state = 2 then ` + promise + ` else cases.promise end,
		promise_state = case when cases.state = 2 then 1 else cases.promise_state end,
		escalated = case when cases.state = 2 then false else cases.escalated end,
		due = case when cases.state = 2 then ` + now + ` + cases.reply_within else cases.due end`
}

// open writes a new case, or makes the request part of the one that is open about the same matter; then the case that it
// returns has another name.
func open(tx *sqldb.Tx, wanted *record) (*record, error) {
	rows, err := tx.Query(insertOrJoin, idOf(wanted.GetName()), wanted.GetCustomer(), wanted.GetTitle(),
		wanted.GetDescription(), wanted.GetAbout(), int64(wanted.GetKind()), int64(wanted.GetChannel()), wanted.GetQueue(),
		wanted.GetAgent(), wanted.GetAgentRequired(), int64(wanted.GetContactCount()), wanted.GetPromise(),
		wanted.within.Microseconds(), micros(wanted.GetReplyDueTime()), micros(wanted.GetCreateTime()))
	if err != nil {
		return nil, err
	}
	return sqldb.One(rows, scan)
}

var errNoSuchCase = errors.New("no such case")

// step runs an update that returns the case's columns. It gives a closed case a state that there is not.
//
// Errors: NOT_FOUND when it changed no row; FAILED_PRECONDITION (CASE_CLOSED).
func step(tx *sqldb.Tx, name string, update *sqldb.Stmt) (*record, error) {
	results, err := tx.Batch(update.Refuse("cases_state_known", errClosed(name)))
	if err != nil {
		return nil, err
	}
	r, err := sqldb.One(results[0], scan)
	if errors.Is(err, sqldb.ErrNoRow) {
		return nil, errs.NotFound(name).Because(errNoSuchCase)
	}
	return r, err
}

func errClosed(name string) error { return errs.Refused("CASE_CLOSED", "%s is closed", name) }

// once tells whether this is the first time that the suite calls a person for the cause.
func once(tx *sqldb.Tx, cause string) (bool, error) {
	rows, err := tx.Query(`insert into case_cause (cause) values ($1) on conflict (cause) do nothing returning cause`, cause)
	return err == nil && rows.Len() > 0, err
}

func micros(t *timestamppb.Timestamp) int64 { return t.AsTime().UnixMicro() }
