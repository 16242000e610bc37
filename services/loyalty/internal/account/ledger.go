package account

import (
	"context"
	"errors"
	"time"

	"google.golang.org/protobuf/types/known/timestamppb"

	"kept.dev/kit/errs"
	"kept.dev/kit/sqldb"
	loyaltyv1 "kept.dev/proto/gen/kept/loyalty/v1"
)

// entry is what happened, and what it means for a customer's account. The house's side is the same with the other sign.
type entry struct {
	id string
	holder
	kind      loyaltyv1.Posting_Kind
	reference string // what it is entered under, once in a programme
	about     string
	reason    string
	agent     string
	points    int64 // to the customer; below zero from them
	at        time.Time
}

// errNoAccount says that there is no account to post to.
var errNoAccount = errors.New("there is no such account")

// post writes entries, each with its two postings and its event, and returns the customers' postings.
//
// The accounts come first, in one round trip, because the balance after a posting is part of it. Any number of callers
// may post to an account at once, on any replica: its row puts them in a row, and refuses a balance below zero.
// Everything else travels with the commit.
//
// Errors: NOT_FOUND (because of errNoAccount) where there is no account; FAILED_PRECONDITION (BALANCE_LIMIT) where the
// balance would be more than can be counted.
func (s *Service) post(ctx context.Context, tx *sqldb.Tx, entries ...entry) ([]*loyaltyv1.Posting, error) {
	if len(entries) == 0 {
		return nil, nil
	}
	moves := make([]*sqldb.Stmt, len(entries))
	for i, e := range entries {
		moves[i] = e.move()
	}
	results, err := tx.Batch(moves...)
	if err != nil {
		return nil, err
	}
	postings := make([]*loyaltyv1.Posting, len(entries))
	for i, e := range entries {
		after, err := sqldb.One(results[i], scanStanding)
		if errors.Is(err, sqldb.ErrNoRow) {
			return nil, errs.NotFound(e.name()).Because(errNoAccount)
		}
		if err != nil {
			return nil, err
		}
		e.write(tx, after)
		if err := s.outbox.Put(ctx, tx, e.name(), after.version, e.posted(after)); err != nil {
			return nil, err
		}
		postings[i] = e.proto(after)
	}
	return postings, nil
}

const move = `
	update account set balance = balance + $3, version = version + 1
	where program = $1 and customer = $2
	returning balance, version`

func (e entry) move() *sqldb.Stmt {
	return sqldb.Q(move, e.program, e.customer, e.points).Hot(e.name()).
		Refuse("account_balance_range", errs.Refused("BALANCE_LIMIT", "%s can't hold more than 9,000,000,000,000,000 points", e.name()))
}

// standing is how an account stands after a posting.
type standing struct{ balance, version int64 }

func scanStanding(r *sqldb.Rows) (s standing, err error) {
	return s, r.Scan(&s.balance, &s.version)
}

const insertEntry = `
	insert into entry (id, program, kind, reference, about, reason, agent, created)
	values ($1, $2, $3, $4, $5, $6, $7, $8)`

// Both sides are one number in one statement: what the customer gets, the house gives.
const insertPostings = `
	insert into posting (entry_id, program, customer, number, points, balance) values
		($1, $2, $3, $4, cast($5 as bigint), $6),
		($1, $2, '', null, -cast($5 as bigint), null)`

func (e entry) write(tx *sqldb.Tx, after standing) {
	tx.Exec(insertEntry, e.id, e.program, int64(e.kind), e.reference, e.about, e.reason, e.agent, e.at.UnixMicro())
	tx.Exec(insertPostings, e.id, e.program, e.customer, after.version, e.points, after.balance)
}

func (e entry) proto(after standing) *loyaltyv1.Posting {
	return &loyaltyv1.Posting{
		Name: e.posting(e.id), Kind: e.kind, Points: e.points, Balance: after.balance, About: e.about, Reason: e.reason,
		Agent: e.agent, CreateTime: timestamppb.New(e.at),
	}
}

func (e entry) posted(after standing) *loyaltyv1.PointsPosted {
	return &loyaltyv1.PointsPosted{
		Posting: e.posting(e.id), Account: e.name(), Customer: e.customerName(), Kind: e.kind, Points: e.points,
		Balance: after.balance, About: e.about, Agent: e.agent,
	}
}
