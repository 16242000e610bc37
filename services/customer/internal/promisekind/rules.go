package promisekind

import (
	"fmt"
	"slices"
	"time"

	"google.golang.org/protobuf/types/known/durationpb"

	"kept.dev/kit/errs"
	"kept.dev/kit/sqldb"
	accessv1 "kept.dev/proto/gen/kept/access/v1"
	customerv1 "kept.dev/proto/gen/kept/customer/v1"
	typepb "kept.dev/proto/gen/kept/type"
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

// check refuses two remedies of one type for the same customers, and points where there are none to give.
func check(kind *customerv1.PromiseKind) error {
	type key struct {
		remedy typepb.Remedy_Type
		class  string
	}
	seen := map[key]bool{}
	for i, r := range kind.GetRemedies() {
		points := fmt.Sprintf("promise_kind.remedies[%d].points", i)
		switch {
		case seen[key{r.GetType(), r.GetCustomerClass()}]:
			return errs.Invalid(fmt.Sprintf("promise_kind.remedies[%d].type", i), "%s is there twice; once is enough", r.GetType())
		case r.GetType() == typepb.Remedy_GOODWILL_POINTS && r.GetPoints() == 0:
			return errs.Invalid(points, "must be 1 to 1,000,000 with GOODWILL_POINTS")
		case r.GetType() != typepb.Remedy_GOODWILL_POINTS && r.GetPoints() != 0:
			return errs.Invalid(points, "must be left out with %s: only GOODWILL_POINTS has points", r.GetType())
		}
		seen[key{r.GetType(), r.GetCustomerClass()}] = true
	}
	return nil
}

// checkReferences refuses remedies for customers of classes that there are not, and a calendar that there is not.
func checkReferences(tx *sqldb.Tx, kind *customerv1.PromiseKind) error {
	found, err := tx.Batch(sqldb.Q(`select full_name from customer_class`), // there are few
		sqldb.Q(`select 1 from calendar where full_name = $1`, kind.GetCalendar()))
	if err != nil {
		return err
	}
	classes, err := sqldb.All(found[0], func(r *sqldb.Rows) (name string, err error) { return name, r.Scan(&name) })
	if err != nil {
		return err
	}
	if kind.GetCalendar() != "" && found[1].Len() == 0 {
		return errs.Invalid("promise_kind.calendar", "%q does not exist", kind.GetCalendar())
	}
	for i, r := range kind.GetRemedies() {
		if class := r.GetCustomerClass(); class != "" && !slices.Contains(classes, class) {
			return errs.Invalid(fmt.Sprintf("promise_kind.remedies[%d].customer_class", i), "%q does not exist", class)
		}
	}
	return nil
}

// RemediesFor are the remedies that are for customers of the class, which may be none: of each type the class's own, or else the one
// for all.
func RemediesFor(kind *customerv1.PromiseKind, class string) []*typepb.Remedy {
	own := map[typepb.Remedy_Type]bool{}
	for _, r := range kind.GetRemedies() {
		if class != "" && r.GetCustomerClass() == class {
			own[r.GetType()] = true
		}
	}
	var all []*typepb.Remedy
	for _, r := range kind.GetRemedies() {
		if r.GetCustomerClass() == "" && !own[r.GetType()] || class != "" && r.GetCustomerClass() == class {
			all = append(all, r)
		}
	}
	return all
}
