package account

import (
	"slices"
	"time"

	"google.golang.org/protobuf/types/known/timestamppb"

	"kept.dev/kit/sqldb"
	loyaltyv1 "kept.dev/proto/gen/kept/loyalty/v1"
)

const insertAccounts = `insert into account (program, customer, balance, version, created) values`

// open opens accounts where there are none, in the order in which everybody locks them.
func open(tx *sqldb.Tx, now time.Time, holders ...holder) {
	rows := make([][]any, len(holders))
	for i, h := range slices.SortedFunc(slices.Values(holders), holder.compare) {
		rows[i] = []any{h.program, h.customer, int64(0), int64(0), now.UnixMicro()}
	}
	tx.ExecValues(insertAccounts, rows, ` on conflict (program, customer) do nothing`)
}

const selectAccounts = `select program, customer, balance, created from account`

func scanAccount(r *sqldb.Rows) (*loyaltyv1.Account, error) {
	var h holder
	var created int64
	a := &loyaltyv1.Account{}
	err := r.Scan(&h.program, &h.customer, &a.Balance, &created)
	a.Name, a.Customer = h.name(), h.customerName()
	a.CreateTime = timestamppb.New(time.UnixMicro(created))
	return a, err
}

func selectAccount(h holder) *sqldb.Stmt {
	return sqldb.Q(selectAccounts+` where program = $1 and customer = $2`, h.program, h.customer)
}
