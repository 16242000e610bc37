package company

import (
	"fmt"
	"slices"
	"time"

	moneypb "google.golang.org/genproto/googleapis/type/money"

	"kept.dev/kit/errs"
	"kept.dev/kit/money"
	"kept.dev/kit/text"
	customerv1 "kept.dev/proto/gen/kept/customer/v1"
	"kept.dev/services/customer/internal/identity"
)

// normalize brings what is given into the form in which it is kept, and says what of it can't be. What is not given is not looked at.
func normalize(c *customerv1.Company) error {
	var faults []errs.Field
	fault := func(field, format string, args ...any) {
		faults = append(faults, errs.Field{Path: "company." + field, Description: fmt.Sprintf(format, args...)})
	}
	if zone := c.GetTimeZone(); zone != "" && !isZone(zone) {
		fault("time_zone", "must be an IANA time zone, such as Europe/Kyiv")
	}
	if code := c.GetCurrencyCode(); code != "" {
		if _, err := money.ParseCurrent(&moneypb.Money{CurrencyCode: code}); err != nil {
			fault("currency_code", "%v", err)
		}
	}
	for i, code := range c.GetLanguageCodes() {
		canonical, ok := text.Language(code)
		switch {
		case !ok:
			fault(fmt.Sprintf("language_codes[%d]", i), text.LanguageAdvice)
		case slices.Contains(c.GetLanguageCodes()[:i], canonical):
			fault(fmt.Sprintf("language_codes[%d]", i), "%s is there twice; once is enough", canonical)
		}
		c.LanguageCodes[i] = canonical
	}
	if !normalizeEmail(&c.SenderEmail) {
		fault("sender_email", emailAdvice)
	}
	if !normalizeEmail(&c.ReplyEmail) {
		fault("reply_email", emailAdvice)
	}
	if len(faults) > 0 {
		return errs.InvalidFields(faults...)
	}
	return nil
}

const emailAdvice = "must be an e-mail address, such as service@shop.example"

// isZone tells whether there is the time zone. "Local" would be the machine's own.
func isZone(name string) bool {
	_, err := time.LoadLocation(name)
	return err == nil && name != "Local"
}

func normalizeEmail(address *string) bool {
	if *address == "" {
		return true
	}
	read, ok := identity.ReadMailbox(*address)
	*address = read.Spelled
	return ok
}
