package identity

import (
	"context"
	"errors"

	"kept.dev/kit/errs"
	"kept.dev/kit/sqldb"
	customerv1 "kept.dev/proto/gen/kept/customer/v1"
)

// ResolveIdentity finds whose a value is, by one read of the index identity_value_key. What can't be read, such as the
// "anonymous" of a caller who hides their number, is nobody's, and the error's metadata say what could
// be.
//
// Errors: NOT_FOUND where it is nobody's, INVALID_ARGUMENT for an issuer that is missing or too much.
func (s *Service) ResolveIdentity(
	ctx context.Context, req *customerv1.ResolveIdentityRequest,
) (*customerv1.Identity, error) {
	kind := guess(req.GetKind(), req.GetIssuer(), req.GetValue())
	if err := issued("issuer", kind, req.GetIssuer()); err != nil {
		return nil, err
	}
	key, ok := read(kind, req.GetIssuer(), req.GetValue(), req.GetRegionCode())
	if !ok {
		return nil, errNobodys.With("advice", Advice(kind, req.GetRegionCode()))
	}
	rows, err := s.db.Query(ctx, selectByKey, int64(key.Kind), key.Issuer, key.Value)
	if err != nil {
		return nil, err
	}
	identity, err := sqldb.One(rows, scan)
	if errors.Is(err, sqldb.ErrNoRow) {
		return nil, errNobodys
	}
	return identity, err
}

// errNobodys does not repeat the value, which is personal.
var errNobodys = errs.NotFound("customers/-/identities/-")
