package program

import (
	"context"
	"errors"
	"strconv"
	"strings"

	"kept.dev/kit/change"
	"kept.dev/kit/errs"
	"kept.dev/kit/mask"
	"kept.dev/kit/sqldb"
	loyaltyv1 "kept.dev/proto/gen/kept/loyalty/v1"
)

// UpdateProgram changes what is earned from now on. What was earned before stays: postings are never changed.
//
// Errors: NOT_FOUND for an unknown programme; INVALID_ARGUMENT for a mask with other fields, or a currency that does not
// exist; ABORTED (ETAG_MISMATCH) where the programme is another than the caller has seen.
func (s *Service) UpdateProgram(ctx context.Context, req *loyaltyv1.UpdateProgramRequest) (*loyaltyv1.Program, error) {
	wanted := req.GetProgram()
	paths, err := mask.Paths(req.GetUpdateMask(), wanted, "display_name", "points_per_unit", "currency_code")
	if err != nil {
		return nil, err
	}
	if err := knownCurrency(wanted); err != nil {
		return nil, err
	}
	id, named := strings.CutPrefix(wanted.GetName(), collection)
	if !named {
		return nil, errs.NotFound(wanted.GetName())
	}
	return change.Do(ctx, s.db, req, func(tx *sqldb.Tx) (*loyaltyv1.Program, error) {
		results, err := tx.Batch(update(id, wanted, paths), sqldb.Q(`select id from program where id = $1`, id))
		if err != nil {
			return nil, err
		}
		program, err := sqldb.One(results[0], scan)
		switch {
		case !errors.Is(err, sqldb.ErrNoRow):
			return program, err
		case results[1].Len() == 0:
			return nil, errs.NotFound(wanted.GetName())
		default:
			return nil, errs.Stale("ETAG_MISMATCH", "%s has been changed meanwhile; read it again", wanted.GetName())
		}
	})
}

// update is one statement that changes the fields of the mask, and nothing where the etag is another: there is no look
// before, so no change by somebody else is lost.
func update(id string, wanted *loyaltyv1.Program, paths []string) *sqldb.Stmt {
	var text strings.Builder
	text.WriteString("update program set version = version + 1")
	args := []any{id, wanted.GetEtag()}
	for _, path := range paths {
		column, value := field(wanted, path)
		args = append(args, value)
		text.WriteString(", " + column + " = $" + strconv.Itoa(len(args)))
	}
	text.WriteString(" where id = $1 and ($2 = '' or cast(version as text) = $2) returning " + columns)
	return sqldb.Q(text.String(), args...)
}

// field is where a field of the mask is kept, and what it becomes.
func field(p *loyaltyv1.Program, path string) (column string, value any) {
	switch path {
	case "points_per_unit":
		return "points_per_unit", p.GetPointsPerUnit()
	case "currency_code":
		return "currency", p.GetCurrencyCode()
	default:
		return "display_name", p.GetDisplayName()
	}
}
