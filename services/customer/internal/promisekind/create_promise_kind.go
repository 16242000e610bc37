package promisekind

import (
	"context"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/timestamppb"

	"kept.dev/kit/change"
	"kept.dev/kit/resource"
	"kept.dev/kit/sqldb"
	customerv1 "kept.dev/proto/gen/kept/customer/v1"
)

// CreatePromiseKind creates a kind of promise that is made over the API.
//
// Errors: ALREADY_EXISTS where the id is taken; INVALID_ARGUMENT for remedies that can't be.
func (s *Service) CreatePromiseKind(
	ctx context.Context, req *customerv1.CreatePromiseKindRequest,
) (*customerv1.PromiseKind, error) {
	kind := proto.CloneOf(req.GetPromiseKind())
	kind.Name = customerv1.PromiseKindResourceName{PromiseKind: req.GetPromiseKindId()}.String()
	kind.Service = Owner
	kind.CreateTime, kind.Etag = timestamppb.New(s.clock.Now()), resource.Etag(1)
	complete(kind)
	if err := check(kind); err != nil {
		return nil, err
	}
	return change.Do(ctx, s.db, req, func(tx *sqldb.Tx) (*customerv1.PromiseKind, error) {
		if err := checkReferences(tx, kind); err != nil {
			return nil, err
		}
		_, err := promiseKindRows.Insert(tx, kind)
		return kind, err
	})
}
