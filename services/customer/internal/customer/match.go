package customer

import (
	"time"

	customerv1 "kept.dev/proto/gen/kept/customer/v1"
	"kept.dev/services/customer/internal/identity"
)

// matched is who the people of an import are, and what has to be written so that it is so.
type matched struct {
	results []*customerv1.ImportCustomersResponse_Result
	created []*customerv1.Customer
	claims  []identity.Claim
}

// match finds out who people are, given whose their keys are so far. It takes them one after the other, so that many at once come
// to the same as each by itself: who was created a moment ago is known to the next.
func match(people []person, owners map[identity.Key]string, at time.Time) matched {
	found := matched{results: make([]*customerv1.ImportCustomersResponse_Result, len(people))}
	for i, p := range people {
		found.results[i] = found.resolve(p, owners, at)
	}
	return found
}

func (m *matched) resolve(
	p person, owners map[identity.Key]string, at time.Time,
) *customerv1.ImportCustomersResponse_Result {
	if p.fault != "" {
		return &customerv1.ImportCustomersResponse_Result{Fault: p.fault}
	}
	owner, known := ownerOf(p, owners)
	if !known {
		created := newCustomer(p.wanted, at)
		created.EmailConfirmed, created.PhoneConfirmed = created.GetEmail() != "", created.GetPhone() != ""
		m.created = append(m.created, created)
		owner = created.GetName()
	}
	for _, key := range p.keys {
		// Who is known stays as they are, but for an id by which they were not known yet.
		external := key.Kind == customerv1.Identity_EXTERNAL_ID
		if _, taken := owners[key]; taken || known && !external {
			continue
		}
		owners[key] = owner
		m.claims = append(m.claims, identity.Claim{Customer: owner, Key: key, Contact: !external})
	}
	return &customerv1.ImportCustomersResponse_Result{Customer: owner, Created: !known}
}

// ownerOf is whom the first of a person's keys tells that somebody has.
func ownerOf(p person, owners map[identity.Key]string) (string, bool) {
	for _, key := range p.keys {
		if owner, known := owners[key]; known {
			return owner, true
		}
	}
	return "", false
}
