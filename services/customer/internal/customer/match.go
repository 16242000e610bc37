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

// known is what is known before an import: whose the keys are, and who has an id of the issuer already.
type known struct {
	owners map[identity.Key]string
	issued map[string]bool // customers with an id of the issuer
}

// match finds out who people are. It takes them one after the other, so that many at once come to the same as each by itself: who was
// created a moment ago is known to the next.
func match(people []person, k known, at time.Time) matched {
	found := matched{results: make([]*customerv1.ImportCustomersResponse_Result, len(people))}
	for i, p := range people {
		found.results[i] = found.resolve(p, k, at)
	}
	return found
}

func (m *matched) resolve(p person, k known, at time.Time) *customerv1.ImportCustomersResponse_Result {
	if p.fault != "" {
		return &customerv1.ImportCustomersResponse_Result{Fault: p.fault}
	}
	owner, there := k.ownerOf(p)
	if !there {
		created := newCustomer(k.withoutTaken(p), at)
		created.EmailConfirmed, created.PhoneConfirmed = created.GetEmail() != "", created.GetPhone() != ""
		m.created = append(m.created, created)
		owner = created.GetName()
	}
	for _, key := range p.keys {
		// Who is known stays as they are, but for an id by which they were not known yet.
		external := isExternal(key)
		if _, taken := k.owners[key]; taken || there && !external {
			continue
		}
		k.owners[key] = owner
		if external {
			k.issued[owner] = true
		}
		m.claims = append(m.claims, identity.Claim{Customer: owner, Key: key, Contact: !external})
	}
	return &customerv1.ImportCustomersResponse_Result{Customer: owner, Created: !there}
}

func isExternal(key identity.Key) bool { return key.Kind == customerv1.Identity_EXTERNAL_ID }

// ownerOf is whom the first of a person's keys tells that somebody has. An issuer gives nobody two ids: with an id that nobody has,
// they are not a customer who has another one of that issuer, though both may have one address or number.
func (k known) ownerOf(p person) (owner string, there bool) {
	withID := false
	for _, key := range p.keys {
		owner, had := k.owners[key]
		if had && !(withID && k.issued[owner]) {
			return owner, true
		}
		withID = withID || isExternal(key)
	}
	return "", false
}

// withoutTaken is how a new customer is created: without an address and a number that are another's.
func (k known) withoutTaken(p person) *customerv1.Customer {
	for _, key := range p.keys {
		_, taken := k.owners[key]
		switch {
		case taken && key.Kind == customerv1.Identity_EMAIL:
			p.wanted.Email = ""
		case taken && key.Kind == customerv1.Identity_PHONE:
			p.wanted.Phone = ""
		}
	}
	return p.wanted
}

// unnamed are the results for who only asks: those who would be created have no name.
func (m *matched) unnamed() []*customerv1.ImportCustomersResponse_Result {
	made := map[string]bool{}
	for _, c := range m.created {
		made[c.GetName()] = true
	}
	for _, r := range m.results {
		if made[r.GetCustomer()] {
			r.Customer = ""
		}
	}
	return m.results
}
