package account

import (
	"slices"

	"kept.dev/kit/sqldb"
)

// accountState is how an account stands after a posting.
type accountState struct{ balance, version int64 }

// accountStates are how accounts stand after they have moved.
type accountStates map[holder]accountState

// add reads what a move has returned.
func (after accountStates) add(rows *sqldb.Rows) error {
	for rows.Next() {
		var h holder
		var s accountState
		if err := rows.Scan(&h.program, &h.customer, &s.balance, &s.version); err != nil {
			return err
		}
		after[h] = s
	}
	return nil
}

// retrace finds out how the account stood after each of the entries by which it moved, from the last one back. The
// accountStates are those before the first afterwards.
//
// Errors: FAILED_PRECONDITION (BALANCE_LIMIT), which the row can't know of a balance in between.
func (after accountStates) retrace(entries []entry) ([]posted, error) {
	all := make([]posted, len(entries))
	for i, e := range slices.Backward(entries) {
		s := after[e.holder]
		if s.balance > maxPoints {
			return nil, beyondLimit(e.name())
		}
		all[i] = posted{e, s}
		after[e.holder] = accountState{s.balance - e.points, s.version - 1}
	}
	return all, nil
}
