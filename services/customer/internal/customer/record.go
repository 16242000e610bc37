package customer

import (
	"strings"

	"kept.dev/kit/text"
	customerv1 "kept.dev/proto/gen/kept/customer/v1"
	"kept.dev/services/customer/internal/identity"
)

// person is who a record of another system says somebody is.
type person struct {
	wanted *customerv1.Customer // how they would be created
	// keys are what they may be known by: their id there, their address, their number. The first that somebody has decides.
	keys  []identity.Key
	fault string // what is wrong with the record, and what would be right; it does not repeat values, which are personal
}

func readRecords(req *customerv1.ImportCustomersRequest) []person {
	people := make([]person, len(req.GetRecords()))
	for i, r := range req.GetRecords() {
		people[i] = readRecord(req.GetIssuer(), r)
	}
	return people
}

func keysOf(people []person) (keys []identity.Key) {
	for _, p := range people {
		if p.fault == "" {
			keys = append(keys, p.keys...)
		}
	}
	return keys
}

func readRecord(issuer string, r *customerv1.ImportCustomersRequest_Record) person {
	p := person{wanted: &customerv1.Customer{
		DisplayName: displayName(r), RegionCode: r.GetRegionCode(),
	}}
	if key, ok := identity.ExternalKey(issuer, r.GetExternalId()); ok {
		p.keys = append(p.keys, key)
	}
	faults := p.readContacts(r)
	code, ok := text.Language(r.GetLanguageCode())
	if p.wanted.LanguageCode = code; !ok {
		faults = append(faults, "language_code "+text.LanguageAdvice)
	}
	if len(p.keys) == 0 && len(faults) == 0 {
		if key, ok := identity.ExternalKey(issuer, r.GetFallbackId()); ok {
			p.keys = append(p.keys, key)
			return p
		}
		faults = append(faults, "needs an external_id, an email or a phone")
	}
	p.fault = strings.Join(faults, "; ")
	return p
}

// readContacts reads how somebody can be reached. What stands for no address or number is passed over: they are known by the rest.
func (p *person) readContacts(r *customerv1.ImportCustomersRequest_Record) (faults []string) {
	if !blank(r.GetEmail()) && !identity.StandsForNoEmail(r.GetEmail()) {
		email, ok := identity.ReadEmail(r.GetEmail())
		if !ok {
			faults = append(faults, "email "+identity.Advice(customerv1.Identity_EMAIL, ""))
		}
		p.wanted.Email = email.Spelled
		p.keys = append(p.keys, identity.EmailKey(email))
	}
	if !blank(r.GetPhone()) && !identity.StandsForNoPhone(r.GetPhone(), r.GetRegionCode()) {
		number, ok := identity.ReadPhone(r.GetPhone(), r.GetRegionCode())
		if !ok {
			faults = append(faults, "phone "+identity.Advice(customerv1.Identity_PHONE, r.GetRegionCode()))
		}
		p.wanted.Phone = number
		p.keys = append(p.keys, identity.PhoneKey(number))
	}
	return faults
}

func blank(given string) bool { return !text.Visible(given) }

// maxDisplayName is how many characters the contract allows a customer's name.
const maxDisplayName = 200

// displayName is how the record calls the customer. Who has no name there is called by their id.
func displayName(r *customerv1.ImportCustomersRequest_Record) string {
	if !blank(r.GetDisplayName()) {
		return strings.TrimSpace(r.GetDisplayName())
	}
	name := []rune(strings.TrimSpace("Customer " + strings.TrimSpace(r.GetExternalId())))
	return strings.TrimSpace(string(name[:min(len(name), maxDisplayName)]))
}
