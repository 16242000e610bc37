package account

import (
	"time"

	"google.golang.org/protobuf/types/known/timestamppb"

	"kept.dev/kit/sqldb"
	loyaltyv1 "kept.dev/proto/gen/kept/loyalty/v1"
)

// open opens an account where there is none.
func open(tx *sqldb.Tx, h holder, now time.Time) {
	tx.Exec(`
		insert into account (program, customer, balance, version, created) values ($1, $2, 0, 0, $3)
		on conflict (program, customer) do nothing`, h.program, h.customer, now.UnixMicro())
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
