package promisekind

import (
	"context"

	"kept.dev/kit/errs"
	"kept.dev/kit/sqldb"
	customerv1 "kept.dev/proto/gen/kept/customer/v1"
)

// UpdatePromiseKind changes what happens with promises of one kind, for those that are made or break from now on.
//
// Errors: NOT_FOUND for an unknown kind; INVALID_ARGUMENT for remedies that can't be; FAILED_PRECONDITION (KIND_OF_SERVICE) for what
// only kinds have that people make; ABORTED (ETAG_MISMATCH).
func (s *Service) UpdatePromiseKind(
	ctx context.Context, req *customerv1.UpdatePromiseKindRequest,
) (*customerv1.PromiseKind, error) {
	return kinds.Update(ctx, s.db, req, func(tx *sqldb.Tx, _, after *customerv1.PromiseKind) error {
		complete(after)
		if after.GetService() != Owner && (after.GetRetired() || len(after.GetCreatorRoles()) > 0) {
			return errs.Refused("KIND_OF_SERVICE", "the %s service makes promises of the kind %s, and goes on doing so",
				after.GetService(), after.GetName())
		}
		if err := check(after); err != nil {
			return err
		}
		return checkReferences(tx, after)
	})
}
