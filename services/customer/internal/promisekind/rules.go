package promisekind

import (
	"fmt"
	"time"

	"google.golang.org/protobuf/types/known/durationpb"

	"kept.dev/kit/errs"
	accessv1 "kept.dev/proto/gen/kept/access/v1"
	customerv1 "kept.dev/proto/gen/kept/customer/v1"
	promisev1 "kept.dev/proto/gen/kept/promise/v1"
)

// defaultWarning is how long before its time a promise is at risk of whose kind nothing is said.
const defaultWarning = time.Hour

// complete fills in what was left out.
func complete(kind *customerv1.PromiseKind) {
	if kind.GetWarningDuration() == nil {
		kind.WarningDuration = durationpb.New(defaultWarning)
	}
	kind.WarningDuration = durationpb.New(kind.GetWarningDuration().AsDuration().Truncate(time.Microsecond)) // as it is kept
	if kind.GetService() == Owner && len(kind.GetCreatorRoles()) == 0 {
		kind.CreatorRoles = []accessv1.Role{
			accessv1.Role_ROLE_AGENT, accessv1.Role_ROLE_MANAGER, accessv1.Role_ROLE_ADMIN, accessv1.Role_ROLE_SERVICE,
		}
	}
}

// check refuses two remedies of one type, and points where there are none to give.
func check(kind *customerv1.PromiseKind) error {
	seen := map[promisev1.Remedy_Type]bool{}
	for i, r := range kind.GetRemedies() {
		points := fmt.Sprintf("promise_kind.remedies[%d].points", i)
		switch {
		case seen[r.GetType()]:
			return errs.Invalid(fmt.Sprintf("promise_kind.remedies[%d].type", i), "%s is there twice; once is enough", r.GetType())
		case r.GetType() == promisev1.Remedy_GOODWILL_POINTS && r.GetPoints() == 0:
			return errs.Invalid(points, "must be 1 to 1,000,000 with GOODWILL_POINTS")
		case r.GetType() != promisev1.Remedy_GOODWILL_POINTS && r.GetPoints() != 0:
			return errs.Invalid(points, "must be left out with %s: only GOODWILL_POINTS has points", r.GetType())
		}
		seen[r.GetType()] = true
	}
	return nil
}
