package customer

import (
	"fmt"
	"unicode/utf8"

	"golang.org/x/text/language"
	"google.golang.org/genproto/googleapis/type/postaladdress"

	"kept.dev/kit/errs"
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
	if code, ok := canonicalLanguage(c.GetLanguageCode()); ok {
		c.LanguageCode = code
	} else {
		faults = append(faults, errs.Field{Path: "customer.language_code", Description: languageAdvice})
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

const languageAdvice = "must be a BCP-47 tag of languages, scripts and regions that there are, such as uk or pt-BR"

// canonicalLanguage is a tag in the form in which it is compared, such as en-US for EN-us and he for iw (RFC 5646, 4.5). There is none
// for a tag with subtags that are not registered. No language stays none.
func canonicalLanguage(code string) (canonical string, ok bool) {
	if code == "" {
		return "", true
	}
	tag, err := language.BCP47.Parse(code)
	return tag.String(), err == nil && tag != language.Und && len(tag.String()) <= maxLanguage
}

// maxLanguage is the length of the longest tag that the contract takes.
const maxLanguage = 35

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
