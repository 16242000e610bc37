package program

import (
	"strconv"
	"strings"
	"time"

	"google.golang.org/genproto/googleapis/type/money"
	"google.golang.org/protobuf/types/known/timestamppb"

	"kept.dev/kit/errs"
	amount "kept.dev/kit/money"
	"kept.dev/kit/sqldb"
	loyaltyv1 "kept.dev/proto/gen/kept/loyalty/v1"
)

func idOf(name string) string { return strings.TrimPrefix(name, collection) }

func insertProgram(tx *sqldb.Tx, p *loyaltyv1.Program) {
	tx.Exec(`insert into program (id, version, display_name, points_per_unit, currency, created) values ($1, 1, $2, $3, $4, $5)`,
		idOf(p.GetName()), p.GetDisplayName(), p.GetPointsPerUnit(), p.GetCurrencyCode(), p.GetCreateTime().AsTime().UnixMicro()).
		Refuse("program_pkey", errs.AlreadyExists(p.GetName()))
}

const columns = `id, version, display_name, points_per_unit, currency, created`

const selectPrograms = `select ` + columns + ` from program`

func scan(r *sqldb.Rows) (*loyaltyv1.Program, error) {
	var id string
	var version int64
	var created *int64
	p := &loyaltyv1.Program{}
	err := r.Scan(&id, &version, &p.DisplayName, &p.PointsPerUnit, &p.CurrencyCode, &created)
	p.Name = collection + id
	p.Etag = strconv.FormatInt(version, 10)
	if created != nil {
		p.CreateTime = timestamppb.New(time.UnixMicro(*created))
	}
	return p, err
}

// knownCurrency refuses three letters that are no currency: nothing would ever be earned.
func knownCurrency(p *loyaltyv1.Program) error {
	if p.GetCurrencyCode() == "" {
		return nil
	}
	if _, err := amount.Parse(&money.Money{CurrencyCode: p.GetCurrencyCode()}); err != nil {
		return errs.Invalid("program.currency_code", "%v", err)
	}
	return nil
}
