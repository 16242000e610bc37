package customer

import (
	"fmt"
	"unicode/utf8"

	"google.golang.org/genproto/googleapis/type/postaladdress"

	"kept.dev/kit/errs"
	kittext "kept.dev/kit/text"
	customerv1 "kept.dev/proto/gen/kept/customer/v1"
)

// Bounds of an address, since google.type.PostalAddress declares none: what is kept is bounded.
const (
	maxAddressText  = 200 // characters of each text
	maxAddressItems = 10  // address lines, and recipients
)

// bound refuses a customer without a name, which the contract can't ask of updates, a language that there is not, and addresses that
// are longer than any that a letter could be sent to. It puts the language code in its canonical form.
func bound(c *customerv1.Customer) error {
	var faults []errs.Field
	if code, ok := kittext.Language(c.GetLanguageCode()); ok {
		c.LanguageCode = code
	} else {
		faults = append(faults, errs.Field{Path: "customer.language_code", Description: kittext.LanguageAdvice})
	}
	if c.GetDisplayName() == "" {
		faults = append(faults, errs.Field{Path: "customer.display_name", Description: "must be set"})
	}
	for i, a := range c.GetAddresses() {
		faults = append(faults, addressFaults(fmt.Sprintf("customer.addresses[%d].address", i), a.GetAddress())...)
	}
	if len(faults) > 0 {
		return errs.InvalidFields(faults...)
	}
	return nil
}

func addressFaults(path string, a *postaladdress.PostalAddress) (faults []errs.Field) {
	text := func(field, value string) {
		if utf8.RuneCountInString(value) > maxAddressText {
			faults = append(faults, errs.Field{
				Path: path + "." + field, Description: fmt.Sprintf("must have at most %d characters", maxAddressText),
			})
		}
	}
	texts := func(field string, values []string) {
		if len(values) > maxAddressItems {
			faults = append(faults, errs.Field{
				Path: path + "." + field, Description: fmt.Sprintf("must have at most %d items", maxAddressItems),
			})
			return
		}
		for i, value := range values {
			text(fmt.Sprintf("%s[%d]", field, i), value)
		}
	}
	text("region_code", a.GetRegionCode())
	text("language_code", a.GetLanguageCode())
	text("postal_code", a.GetPostalCode())
	text("sorting_code", a.GetSortingCode())
	text("administrative_area", a.GetAdministrativeArea())
	text("locality", a.GetLocality())
	text("sublocality", a.GetSublocality())
	text("organization", a.GetOrganization())
	texts("address_lines", a.GetAddressLines())
	texts("recipients", a.GetRecipients())
	return faults
}
