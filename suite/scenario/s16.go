package scenario

import (
	"net/http"
	"regexp"
	"strings"
)

// S16 whoever calls is known: in whatever spelling a number or an address comes, one call finds the customer.
func S16(r *Runner) {
	s := newShop(r)
	digits := "44" + number(r.Tag)
	national := "0" + digits
	known := s.newCustomer(map[string]any{
		"displayName": "Oksana", "email": "Oksana.K-" + r.Tag + "@Example.ORG", "phone": "+380" + digits, "regionCode": "UA",
	})
	s.Post(s.agent, "/v1/"+known.Name+"/identities", map[string]any{
		"kind": "EXTERNAL_ID", "issuer": "erp", "value": "K-" + r.Tag,
	}).OK()
	for _, spelling := range spellings(digits, national) {
		s.finds(known, spelling, "regionCode", "UA")
	}
	mail := "oksana.k-" + r.Tag + "@example.org"
	for _, spelling := range []string{
		mail, strings.ToUpper(mail), "  " + mail + " ", "mailto:" + mail, "Oksana K. <" + mail + ">", "<" + mail + ">", mail + ".",
		strings.Replace(mail, "@example.org", "@EXAMPLE.org", 1),
	} {
		s.finds(known, spelling)
	}
	s.finds(known, "K-"+r.Tag, "issuer", "erp")
	s.unknown(known, digits, mail)
	s.taken(known, digits, mail)
	s.confirms(known)
}

var sixDigits = regexp.MustCompile(`[0-9]{6}`)

// confirms has the customer set an address of their own: they are found by it once they have typed the code that came to it.
func (s *shop) confirms(known Caller) {
	own := "own-" + s.Tag + "@example.org"
	set := s.Patch(known, "/v1/"+known.Name+"?updateMask=email", map[string]any{"email": own}).OK()
	s.Check(set.Text("emailConfirmed") != "true", "the address is not confirmed")
	s.Get(s.agent, "/v1/identities:resolve", "value", own).Refused(http.StatusNotFound, "NOT_FOUND")
	s.Soon("the code comes by mail", func() Answer { return s.Get(known, "/v1/"+known.Name) },
		func(Answer) bool { return len(s.env.Mails(own)) > 0 })
	code := sixDigits.FindString(s.env.Mails(own)[0].Text)
	confirmed := s.Post(known, "/v1/"+known.Name+":confirmEmail", map[string]any{"code": code}).OK()
	s.Equal("true", confirmed.Text("emailConfirmed"), "the address is confirmed")
	s.finds(known, own)
}

// number makes seven digits of a tag.
func number(tag string) string {
	var out strings.Builder
	for i := 0; out.Len() < 7; i++ {
		out.WriteByte('0' + tag[i%len(tag)]%10)
	}
	return out.String()
}

// spellings are twenty ways to write one Ukrainian number, most of them seen in the field.
func spellings(digits, national string) []string {
	a, b, c, d := digits[:2], digits[2:5], digits[5:7], digits[7:9]
	wide := strings.Map(func(r rune) rune { return r - '0' + '０' }, national)
	arabic := strings.Map(func(r rune) rune { return r - '0' + '٠' }, national)
	return []string{
		"+380" + digits, "380" + digits, "00380" + digits, "+380 " + a + " " + b + " " + c + " " + d, "+380-" + a + "-" + b + "-" + c + d,
		"+380 (" + a + ") " + b + "-" + c + "-" + d, "+38 (0" + a + ") " + b + " " + c + " " + d, "+38 " + national, "+38.0" + a + "." + b + "." + c + d,
		national, "0" + a + " " + b + "-" + c + "-" + d, "(0" + a + ") " + b + " " + c + d, "0" + a + "/" + b + c + d, " " + national + " ",
		"tel:+380" + digits, "tel:+380-" + a + "-" + b + c + d, "00 380 " + a + " " + b + " " + c + " " + d, "+380\u00a0" + a + "\u00a0" + b + "\u00a0" + c + d,
		wide, arabic,
	}
}

// finds checks that one call finds the customer.
func (s *shop) finds(who Caller, spelling string, more ...string) {
	found := s.Get(s.agent, "/v1/identities:resolve", append([]string{"value", spelling}, more...)...)
	s.Check(found.Status == http.StatusOK && found.Text("customer") == who.Name, "%q finds the customer: %d %v", spelling, found.Status, found.Body)
}

// unknown checks that nobody is found who is not meant, and that customers can't ask at all.
func (s *shop) unknown(known Caller, digits, mail string) {
	other := digits[:8] + string('0'+(digits[8]-'0'+1)%10)
	s.Get(s.agent, "/v1/identities:resolve", "value", "+380"+other).Refused(http.StatusNotFound, "NOT_FOUND")
	s.Get(s.agent, "/v1/identities:resolve", "value", "x"+mail).Refused(http.StatusNotFound, "NOT_FOUND")
	s.Get(s.agent, "/v1/identities:resolve", "value", "K-"+s.Tag, "issuer", "shop").Refused(http.StatusNotFound, "NOT_FOUND")
	s.Get(known, "/v1/identities:resolve", "value", mail).Refused(http.StatusForbidden, "ROLE_NOT_ALLOWED")
}

// taken checks that what is one customer's cannot become another's.
func (s *shop) taken(known Caller, digits, mail string) {
	s.Post(s.agent, "/v1/customers", map[string]any{"displayName": "Somebody", "email": strings.ToUpper(mail)}).
		Refused(http.StatusConflict, "IDENTITY_TAKEN")
	s.Post(s.agent, "/v1/customers", map[string]any{"displayName": "Somebody", "phone": "00380" + digits}).
		Refused(http.StatusConflict, "IDENTITY_TAKEN")
	moved := "+380 67 " + number(s.Tag[4:]+s.Tag)
	s.Patch(s.agent, "/v1/"+known.Name+"?updateMask=phone", map[string]any{"phone": moved, "regionCode": "UA"}).OK()
	s.finds(known, moved)
	s.Get(s.agent, "/v1/identities:resolve", "value", "+380"+digits).Refused(http.StatusNotFound, "NOT_FOUND")
}
