package identity

import (
	"fmt"

	"kept.dev/kit/errs"
	customerv1 "kept.dev/proto/gen/kept/customer/v1"
)

// Key is what identities are compared by. No two customers have the same: the unique key identity_value_key.
type Key struct {
	Kind          customerv1.Identity_Kind
	Issuer, Value string
}

// EmailKey is the key of an address that has been read.
func EmailKey(e Email) Key { return Key{Kind: customerv1.Identity_EMAIL, Value: e.Value} }

// PhoneKey is the key of a number that has been read. All numbers of one subscriber have one key.
func PhoneKey(e164 string) Key {
	return Key{Kind: customerv1.Identity_PHONE, Value: subscriber(e164)}
}

// ExternalKey is the key of an id in another system, if the id is more than blank.
func ExternalKey(issuer, id string) (key Key, ok bool) {
	return read(customerv1.Identity_EXTERNAL_ID, issuer, id, "")
}

// read makes the key of a value in any spelling.
func read(kind customerv1.Identity_Kind, issuer, value, region string) (key Key, ok bool) {
	switch kind {
	case customerv1.Identity_EMAIL:
		var email Email
		email, ok = ReadEmail(value)
		return EmailKey(email), ok
	case customerv1.Identity_PHONE:
		value, ok = ReadPhone(value, region)
		return PhoneKey(value), ok
	default:
		value, ok = readExternalID(value)
		return Key{Kind: kind, Issuer: issuer, Value: value}, ok
	}
}

// guess is the kind of a value, where it is not said.
func guess(kind customerv1.Identity_Kind, issuer, value string) customerv1.Identity_Kind {
	switch {
	case kind != customerv1.Identity_KIND_UNSPECIFIED:
		return kind
	case issuer != "":
		return customerv1.Identity_EXTERNAL_ID
	case looksLikeEmail(value):
		return customerv1.Identity_EMAIL
	default:
		return customerv1.Identity_PHONE
	}
}

// issued refuses an external id of no system, and a system for what is no external id.
func issued(path string, kind customerv1.Identity_Kind, issuer string) error {
	switch external := kind == customerv1.Identity_EXTERNAL_ID; {
	case external && issuer == "":
		return errs.Invalid(path, "must name the system whose id it is, such as erp")
	case !external && issuer != "":
		return errs.Invalid(path, "must be empty: only external ids have an issuer")
	}
	return nil
}

// Unreadable refuses a value that is no such thing, and says what would be right. It does not repeat the value.
func Unreadable(path string, kind customerv1.Identity_Kind, region string) error {
	return errs.Invalid(path, "%s", Advice(kind, region))
}

// Advice says what a value that can't be read should be.
func Advice(kind customerv1.Identity_Kind, region string) string {
	switch {
	case kind == customerv1.Identity_EMAIL:
		return "must be somebody's e-mail address, such as anna@example.org"
	case kind == customerv1.Identity_PHONE && region == "":
		return "must be somebody's telephone number with its country code, such as +380441234567, or come with a region_code"
	case kind == customerv1.Identity_PHONE:
		return fmt.Sprintf("must be somebody's telephone number, of %s or with its country code, such as +380441234567", region)
	}
	return "must not be blank"
}
