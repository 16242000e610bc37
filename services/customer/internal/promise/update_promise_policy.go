package promise

import (
	"context"
	"slices"
	"strings"

	"kept.dev/kit/change"
	"kept.dev/kit/errs"
	"kept.dev/kit/resource"
	"kept.dev/kit/sqldb"
	customerv1 "kept.dev/proto/gen/kept/customer/v1"
	promisev1 "kept.dev/proto/gen/kept/promise/v1"
)

// UpdatePromisePolicy sets what happens with promises of one kind, for those that are made or break from now on.
//
// It is one statement with the etag as its condition, and touches only the fields that are named: of two who change
// different fields at the same moment neither is lost.
//
// Errors: NOT_FOUND for a kind that there is not; INVALID_ARGUMENT for a mask with a field that can't be changed, or for a
// warning_duration that is to be cleared; ABORTED (ETAG_MISMATCH) where somebody else has changed it meanwhile.
func (s *Service) UpdatePromisePolicy(
	ctx context.Context, req *customerv1.UpdatePromisePolicyRequest,
) (*customerv1.PromisePolicy, error) {
	wanted := req.GetPromisePolicy()
	if !strings.HasPrefix(wanted.GetName(), policyCollection) {
		return nil, errs.Invalid("promise_policy.name", "must be a policy's name, such as %q", policyName(promisev1.PromiseKind_DELIVERY))
	}
	paths, err := resource.MaskPaths(req.GetUpdateMask(), wanted,
		"warning_duration", "goodwill_points", "open_case", "apologize", "owner")
	if err != nil {
		return nil, err
	}
	if slices.Contains(paths, "warning_duration") && wanted.GetWarningDuration() == nil {
		return nil, errs.Invalid("promise_policy.warning_duration", "is needed: a second to 30 days")
	}

	return change.Do(ctx, s.db, req, func(tx *sqldb.Tx) (*customerv1.PromisePolicy, error) {
		return updatePolicy(tx, wanted, paths)
	})
}

// What is not to be changed comes as NULL.
const updatePolicyRow = `
	update promise_policy set
		version = version + $2, lead = coalesce($3, lead), goodwill = coalesce($4, goodwill),
		open_case = coalesce($5, open_case), apologize = coalesce($6, apologize), owner = coalesce($7, owner)
	where kind = $1 and ($8 = '' or cast(version as text) = $8)
	returning ` + policyColumns

func updatePolicy(tx *sqldb.Tx, wanted *customerv1.PromisePolicy, paths []string) (*customerv1.PromisePolicy, error) {
	kind := int64(kindOf(wanted.GetName()))
	given := func(path string, value any) any {
		if slices.Contains(paths, path) {
			return value
		}
		return nil
	}
	results, err := tx.Batch(
		sqldb.Q(updatePolicyRow, kind, int64(min(len(paths), 1)),
			given("warning_duration", wanted.GetWarningDuration().AsDuration().Microseconds()),
			given("goodwill_points", wanted.GetGoodwillPoints()), given("open_case", wanted.GetOpenCase()),
			given("apologize", wanted.GetApologize()), given("owner", wanted.GetOwner()), wanted.GetEtag()),
		sqldb.Q(`select kind from promise_policy where kind = $1`, kind))
	if err != nil {
		return nil, err
	}
	switch {
	case results[1].Len() == 0:
		return nil, errs.NotFound(wanted.GetName())
	case results[0].Len() == 0:
		return nil, errs.Stale("ETAG_MISMATCH", "the policy has been changed meanwhile; read it again and send its etag")
	}
	return sqldb.One(results[0], scanPolicy)
}
