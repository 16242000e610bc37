package shortage

import (
	"context"
	"errors"
	"slices"

	"kept.dev/kit/change"
	"kept.dev/kit/errs"
	"kept.dev/kit/resource"
	"kept.dev/kit/sqldb"
	orderv1 "kept.dev/proto/gen/kept/order/v1"
)

// UpdateShortagePolicy sets what the shop does about shortages that are reported from now on.
//
// It is one statement with the etag as its condition, and touches only the fields that are named: of two who change different
// fields at the same moment neither is lost.
//
// Errors: INVALID_ARGUMENT for a mask with a field that can't be changed, or a field that is to be cleared; ABORTED
// (ETAG_MISMATCH) where somebody else has changed the policy meanwhile.
func (s *Service) UpdateShortagePolicy(
	ctx context.Context, req *orderv1.UpdateShortagePolicyRequest,
) (*orderv1.ShortagePolicy, error) {
	wanted := req.GetShortagePolicy()
	if wanted.GetName() != policyName {
		return nil, errs.NotFound(wanted.GetName())
	}
	paths, err := resource.MaskPaths(req.GetUpdateMask(), wanted, "answer_duration", "default_choice")
	if err != nil {
		return nil, err
	}
	duration, choice := slices.Contains(paths, "answer_duration"), slices.Contains(paths, "default_choice")
	switch {
	case duration && wanted.GetAnswerDuration() == nil:
		return nil, errs.Invalid("shortage_policy.answer_duration", "is needed: a minute to 30 days")
	case choice && wanted.GetDefaultChoice() == orderv1.Shortage_CHOICE_UNSPECIFIED:
		return nil, errs.Invalid("shortage_policy.default_choice", "is needed: WAIT, SUBSTITUTE or CANCEL")
	}

	return change.Do(ctx, s.db, req, func(tx *sqldb.Tx) (*orderv1.ShortagePolicy, error) {
		return updatePolicy(tx, wanted, duration, choice)
	})
}

// What is not to be changed comes as NULL.
const updatePolicyRow = `
	update shortage_policy set
		version = version + $1, answer_duration = coalesce($2, answer_duration), default_choice = coalesce($3, default_choice)
	where id = 1 and ($4 = '' or cast(version as text) = $4)
	returning ` + policyColumns

func updatePolicy(tx *sqldb.Tx, wanted *orderv1.ShortagePolicy, duration, choice bool) (*orderv1.ShortagePolicy, error) {
	var step int64
	var micros, number *int64
	if duration {
		n := wanted.GetAnswerDuration().AsDuration().Microseconds()
		step, micros = 1, &n
	}
	if choice {
		n := int64(wanted.GetDefaultChoice())
		step, number = 1, &n
	}
	rows, err := tx.Query(updatePolicyRow, step, micros, number, wanted.GetEtag())
	if err != nil {
		return nil, err
	}
	policy, err := sqldb.One(rows, scanPolicy)
	if errors.Is(err, sqldb.ErrNoRow) {
		return nil, errs.Stale("ETAG_MISMATCH", "the policy has been changed meanwhile; read it again and send its etag")
	}
	return policy, err
}
