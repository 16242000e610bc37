package account

import (
	"maps"
	"slices"
	"time"

	"kept.dev/kit/errs"
	"kept.dev/kit/sqldb"
)

// move is what some entries come to for one account.
type move struct {
	holder
	points, postings int64
}

// movesOf are the moves of entries, in the order in which everybody locks accounts, so that nobody waits in a circle.
func movesOf(entries []entry) []move {
	sums := map[holder]move{}
	for _, e := range entries {
		m := sums[e.holder]
		sums[e.holder] = move{e.holder, m.points + e.points, m.postings + 1}
	}
	return slices.SortedFunc(maps.Values(sums), byHolder)
}

// withCustomers adds moves by nothing to those accounts of customers in the main programme that do not move.
func withCustomers(moves []move, customers []string) []move {
	for _, c := range customers {
		moves = append(moves, move{holder: holder{mainProgram, c}})
	}
	slices.SortStableFunc(moves, byHolder)
	return slices.CompactFunc(moves, func(a, b move) bool { return a.holder == b.holder })
}

func byHolder(a, b move) int { return a.compare(b.holder) }

const updateAccount = `
	update account set balance = balance + $3, version = version + $4
	where program = $1 and customer = $2
	returning program, customer, balance, version`

// moveEach moves accounts that there are, each by a statement of its own: the group's other callers, who move others, are
// sorted in between.
//
// Errors: NOT_FOUND (because of errNoAccount); FAILED_PRECONDITION (BALANCE_LIMIT).
func moveEach(tx *sqldb.Tx, moves []move) (accountStates, error) {
	stmts := make([]*sqldb.Stmt, len(moves))
	for i, m := range moves {
		stmts[i] = sqldb.Q(updateAccount, m.program, m.customer, m.points, m.postings).Hot(m.name()).
			Refuse("account_balance_range", beyondLimit(m.name()))
	}
	results, err := tx.Batch(stmts...)
	if err != nil {
		return nil, err
	}
	after := accountStates{}
	for i, m := range moves {
		if err := after.add(results[i]); err != nil {
			return nil, err
		}
		if _, moved := after[m.holder]; !moved {
			return nil, errs.NotFound(m.name()).Because(errNoAccount)
		}
	}
	return after, nil
}

// The proposed row is a whole account, so the checks look at it even where there is one already: a move below zero would be
// refused. Rows are proposed, and locked, in the order in which they are listed.
const addToAccounts = `
	on conflict (program, customer) do update
	set balance = account.balance + excluded.balance, version = account.version + excluded.version
	where excluded.version > 0
	returning program, customer, balance, version`

// moveAll moves many accounts, and opens those that there are not. None may move below zero.
//
// Errors: FAILED_PRECONDITION (BALANCE_LIMIT).
func moveAll(tx *sqldb.Tx, moves []move, now time.Time) (accountStates, error) {
	rows := make([][]any, len(moves))
	for i, m := range moves {
		rows[i] = []any{m.program, m.customer, m.points, m.postings, now.UnixMicro()}
	}
	stmts := sqldb.Values(insertAccounts, rows, addToAccounts)
	for _, s := range stmts {
		s.Refuse("account_balance_range", beyondLimit("an account"))
	}
	results, err := tx.Batch(stmts...)
	if err != nil {
		return nil, err
	}
	after := accountStates{}
	for _, r := range results {
		if err := after.add(r); err != nil {
			return nil, err
		}
	}
	return after, nil
}
