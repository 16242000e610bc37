package account

import (
	"context"
	"errors"

	"kept.dev/kit/access"
	"kept.dev/kit/errs"
	"kept.dev/kit/outbox"
	"kept.dev/kit/sqldb"
)

// errNoAccount says that there is no account to post to.
var errNoAccount = errors.New("there is no such account")

// post writes entries to accounts that there are, each with its two postings and its event, and returns the customers' side.
//
// The accounts come first, in one round trip, because the balance after a posting is part of it. Any number of callers
// may post to an account at once, on any replica: its row puts them in a row, and refuses a balance below zero.
// Everything else travels with the commit.
//
// Errors: NOT_FOUND (because of errNoAccount) where there is no account; FAILED_PRECONDITION (BALANCE_LIMIT) where a
// balance would be more than can be counted.
func (s *Service) post(ctx context.Context, tx *sqldb.Tx, entries ...entry) ([]posted, error) {
	if len(entries) == 0 {
		return nil, nil
	}
	after, err := moveEach(tx, movesOf(entries))
	if err != nil {
		return nil, err
	}
	return s.write(ctx, tx, entries, after)
}

// credit writes entries as post does, however many they are, and opens the accounts that there are not: those of all the
// customers in the main programme, and those that get something. The number of its statements hardly grows with the number
// of entries. To no account may they come to less than nothing.
//
// Errors: FAILED_PRECONDITION (BALANCE_LIMIT) where a balance would be more than can be counted.
func (s *Service) credit(ctx context.Context, tx *sqldb.Tx, customers []string, entries []entry) error {
	after, err := moveAll(tx, withCustomers(movesOf(entries), customers), s.clock.Now())
	if err != nil {
		return err
	}
	_, err = s.write(ctx, tx, entries, after)
	return err
}

const (
	insertEntries  = `insert into entry (id, program, kind, reference, about, reason, actor_role, actor, created) values`
	insertPostings = `insert into posting (entry_id, program, customer, number, points, balance) values`
)

// write writes what belongs to moves of accounts, whose rows are locked since, as what the caller, or the service itself, did.
func (s *Service) write(ctx context.Context, tx *sqldb.Tx, entries []entry, after accountStates) ([]posted, error) {
	all, err := after.retrace(entries)
	if err != nil {
		return nil, err
	}
	by := access.Caller(ctx)
	rows, sides, said := make([][]any, len(all)), make([][]any, 0, 2*len(all)), make([]outbox.Record, len(all))
	for i := range all {
		all[i].actor = by
		p := all[i]
		rows[i], sides, said[i] = p.entryRow(), append(sides, p.customersRow(), p.companysRow()), p.said()
	}
	tx.ExecValues(insertEntries, rows, "")
	tx.ExecValues(insertPostings, sides, "")
	return all, s.outbox.AppendAll(ctx, tx, said)
}

func beyondLimit(account string) error {
	return errs.Refused("BALANCE_LIMIT", "%s can't hold more than 9,000,000,000,000,000 points", account)
}
