package program

import (
	"context"

	"kept.dev/kit/errs"
	"kept.dev/kit/sqldb"
	loyaltyv1 "kept.dev/proto/gen/kept/loyalty/v1"
)

// All is added up by one statement, which sees one moment: between two, a posting could come. The company's postings are those
// without a customer.
const prove = `
	with sums as (
		select customer, count(*) as postings, sum(points) as points from posting where program = $1 group by customer
	)
	select
		(select count(*) from program where id = $1),
		(select count(*) from entry where program = $1),
		(select coalesce(sum(postings), 0) from sums),
		(select coalesce(sum(points), 0) from sums),
		(select count(*) from account where program = $1),
		(select coalesce(sum(balance), 0) from account where program = $1),
		(select count(*) from account a left join sums s on s.customer = a.customer
			where a.program = $1 and (a.balance <> coalesce(s.points, 0) or a.balance < 0)),
		(select count(*) from sums s where s.customer <> '' and not exists (
			select 1 from account a where a.program = $1 and a.customer = s.customer)),
		(select count(*) from (
			select entry_id from posting where program = $1 group by entry_id
			having count(*) <> 2 or sum(points) <> 0) as lopsided)`

// VerifyLedger adds up all postings of a programme and compares them with the balances.
//
// Errors: NOT_FOUND for an unknown programme.
func (s *Service) VerifyLedger(ctx context.Context, req *loyaltyv1.VerifyLedgerRequest) (*loyaltyv1.VerifyLedgerResponse, error) {
	key, err := keyOfProgram(req.GetName())
	if err != nil {
		return nil, errs.NotFound(req.GetName())
	}
	rows, err := s.db.LongReads().Query(ctx, prove, key...)
	if err != nil {
		return nil, err
	}
	b, err := sqldb.One(rows, scanBooks)
	if err != nil {
		return nil, err
	}
	if !b.known {
		return nil, errs.NotFound(req.GetName())
	}
	return &loyaltyv1.VerifyLedgerResponse{
		Name: req.GetName(), Balanced: b.right(), EntryCount: b.entries, PostingCount: b.postings, PostingSum: b.sum,
		AccountCount: b.accounts, WrongAccountCount: b.wrong, BalanceSum: b.balances,
	}, nil
}

// books are what a programme's ledger comes to.
type books struct {
	known                             bool
	entries, postings, sum            int64
	accounts, balances, wrong         int64
	withoutAccount, withoutEquivalent int64
}

func scanBooks(r *sqldb.Rows) (b books, err error) {
	var programs int64
	err = r.Scan(&programs, &b.entries, &b.postings, &b.sum, &b.accounts, &b.balances, &b.wrong,
		&b.withoutAccount, &b.withoutEquivalent)
	b.known = programs > 0
	return b, err
}

// right tells whether the books are: every entry has two postings that cancel each other, every posting of a customer
// has its account, and every balance is what its postings add up to.
func (b books) right() bool {
	return b.sum == 0 && b.wrong == 0 && b.withoutAccount == 0 && b.withoutEquivalent == 0 && b.postings == 2*b.entries
}
