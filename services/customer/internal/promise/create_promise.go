package promise

import (
	"context"
	"slices"
	"time"

	"google.golang.org/protobuf/types/known/timestamppb"

	"kept.dev/kit/access"
	"kept.dev/kit/change"
	"kept.dev/kit/errs"
	"kept.dev/kit/id"
	"kept.dev/kit/resource"
	"kept.dev/kit/sqldb"
	customerv1 "kept.dev/proto/gen/kept/customer/v1"
	promisev1 "kept.dev/proto/gen/kept/promise/v1"
	"kept.dev/services/customer/internal/calendar"
	"kept.dev/services/customer/internal/promisekind"
)

// farthest is how far away a promise may be due.
const farthest = 10 * 366 * 24 * time.Hour

// CreatePromise makes a promise that the book answers for: it breaks at its due time, unless KeepPromise says before that it was
// kept.
//
// Errors: INVALID_ARGUMENT for a kind, a customer or a thing that it is about that there is not, and for times that can't be; FAILED_PRECONDITION (KIND_OF_SERVICE, KIND_RETIRED); PERMISSION_DENIED.
func (s *Service) CreatePromise(ctx context.Context, req *customerv1.CreatePromiseRequest) (*customerv1.Promise, error) {
	made := madeOver(req.GetPromise())
	check := func() (struct{}, error) { return struct{}{}, s.checkReferences(ctx, made) }
	return change.DoAfter(ctx, s.db, req, check, func(tx *sqldb.Tx, _ struct{}) (*customerv1.Promise, error) {
		now := s.clock.Now()
		kind, err := kindFor(ctx, tx, made)
		if err != nil {
			return nil, err
		}
		if made.DueTime, err = dueTimeOf(tx, made, kind, now); err != nil {
			return nil, err
		}
		risk := atRiskTime(made, kind)
		if err := checkTimes(now, risk, made.GetDueTime().AsTime()); err != nil {
			return nil, err
		}
		p := &customerv1.Promise{
			Name: made.GetPromise(), Customer: made.GetCustomer(), Kind: made.GetKind(), Service: owner, About: made.GetAbout(),
			State: customerv1.Promise_OPEN, CreateTime: timestamppb.New(now), WarningTime: timestamppb.New(risk), DueTime: made.GetDueTime(),
			Description: req.GetPromise().GetDescription(),
		}
		if _, err := promiseRows.Insert(tx, p); err != nil {
			return nil, err
		}
		atRisk.Set(ctx, tx, resource.ID(p.GetName()), risk, nil)
		return p, s.outbox.Append(ctx, tx, p.GetName(), versionMade, made)
	})
}

// checkReferences refuses a customer, and something that it is about, that there is not or that is another's.
func (s *Service) checkReferences(ctx context.Context, made *promisev1.PromiseMade) error {
	known, err := s.db.Query(ctx, `select 1 from customer where id = $1`, resource.ID(made.GetCustomer()))
	if err != nil {
		return err
	}
	if known.Len() == 0 {
		return errs.Invalid("promise.customer", "%q does not exist", made.GetCustomer())
	}
	if made.GetAbout() == made.GetCustomer() {
		return nil
	}
	return s.references.Check(ctx, "promise.about", made.GetAbout(), made.GetCustomer())
}

// madeOver is the fact of a promise that is made over the API. Its times are as the tables keep them.
func madeOver(p *customerv1.Promise) *promisev1.PromiseMade {
	made := &promisev1.PromiseMade{
		Promise: collection + id.New(), Customer: p.GetCustomer(), Kind: p.GetKind(), Service: owner, About: p.GetAbout(),
		DueTime: inMicroseconds(p.GetDueTime()), WarningTime: inMicroseconds(p.GetWarningTime()),
	}
	if made.GetAbout() == "" {
		made.About = made.GetCustomer()
	}
	return made
}

func inMicroseconds(t *timestamppb.Timestamp) *timestamppb.Timestamp {
	if t == nil {
		return nil
	}
	return timestamppb.New(t.AsTime().Truncate(time.Microsecond))
}

// kindFor is the promise's kind, if the caller may make promises of it.
func kindFor(ctx context.Context, tx *sqldb.Tx, made *promisev1.PromiseMade) (*customerv1.PromiseKind, error) {
	kinds, err := promisekind.Read(tx)
	if err != nil {
		return nil, err
	}
	kind := kinds[made.GetKind()]
	switch {
	case kind == nil:
		return nil, errs.Invalid("promise.kind", "%q does not exist; ListPromiseKinds has those that do", made.GetKind())
	case kind.GetService() != owner:
		return nil, errs.Refused("KIND_OF_SERVICE", "promises of the kind %s are made by the %s service", kind.GetName(), kind.GetService())
	case kind.GetRetired():
		return nil, errs.Refused("KIND_RETIRED", "no promises of the kind %s are made any more", kind.GetName())
	case !slices.Contains(kind.GetCreatorRoles(), access.Caller(ctx).Role):
		return nil, errs.Denied("KIND_FOR_OTHER_ROLES", "promises of the kind %s are made by %v", kind.GetName(), kind.GetCreatorRoles())
	}
	return kind, nil
}

// dueTimeOf is until when the promise has to be kept: as whoever makes it says, or else as its kind does.
func dueTimeOf(
	tx *sqldb.Tx, made *promisev1.PromiseMade, kind *customerv1.PromiseKind, now time.Time,
) (*timestamppb.Timestamp, error) {
	lead := kind.GetLeadDuration().AsDuration()
	switch {
	case made.GetDueTime() != nil:
		return made.GetDueTime(), nil
	case kind.GetLeadDuration() == nil:
		return nil, errs.Invalid("promise.due_time", "is needed: %s has no lead_duration", kind.GetName())
	case kind.GetCalendar() == "":
		return timestamppb.New(now.Add(lead)), nil
	}
	by, err := calendar.Read(tx, kind.GetCalendar())
	if err != nil {
		return nil, err
	}
	hours, err := calendar.Hours(by)
	if err != nil {
		return nil, err
	}
	due, ok := hours.Add(now, lead)
	if !ok {
		return nil, errs.Refused("CALENDAR_CLOSED", "%s does not open for %s within two years", kind.GetCalendar(), lead)
	}
	return timestamppb.New(due), nil
}

// checkTimes refuses times that can't be.
func checkTimes(now, risk, due time.Time) error {
	switch {
	case !due.After(now):
		return errs.Invalid("promise.due_time", "must be in the future")
	case due.After(now.Add(farthest)):
		return errs.Invalid("promise.due_time", "must be within ten years")
	case !risk.Before(due):
		return errs.Invalid("promise.warning_time", "must be before due_time")
	}
	return nil
}
