package message

import (
	"cmp"
	"html/template"
	netmail "net/mail"
	"net/url"
	"strings"

	"golang.org/x/net/idna"

	"kept.dev/kit/resource"
	"kept.dev/kit/text"
	customerv1 "kept.dev/proto/gen/kept/customer/v1"
	notificationv1 "kept.dev/proto/gen/kept/notification/v1"
	"kept.dev/services/notification/internal/contact"
	"kept.dev/services/notification/internal/link"
	"kept.dev/services/notification/internal/mailer"
)

// button is an option as it stands in a mail: a plain link to a page that shows the option, and only there it is taken.
// Programs that look at all links of a mail take nothing by it.
type button struct{ Label, URL string }

// mail writes the message as a mail. The same message is the same mail each time, so that who gets it twice can tell.
func (s *Service) mail(m *notificationv1.Message, to contact.Contact) mailer.Mail {
	name := text.OneLine(to.DisplayName)
	l := mailLayout{
		Language: m.GetLanguageCode(), Title: m.GetTitle(), Greeting: layoutTextsOf(m.GetLanguageCode()).greet(name),
		Body: m.GetBody(), Buttons: s.buttons(m), Choose: layoutTextsOf(m.GetLanguageCode()).choose,
	}
	return mailer.Mail{
		To: addressOf(to.Email), ToName: name, Subject: m.GetTitle(), Text: l.text(), HTML: l.html(),
		MessageID: s.messageID(m), LanguageCode: m.GetLanguageCode(), Date: m.GetCreateTime().AsTime(),
	}
}

// fromCompany has the company be the sender, as far as it has said who that is. Of one of which nothing has been told here mails come
// from whom the installation was set up with.
func fromCompany(company *customerv1.Company, m mailer.Mail) mailer.Mail {
	m.ReplyTo = addressOf(company.GetReplyEmail())
	if company.GetSenderEmail() == "" {
		return m
	}
	from := netmail.Address{
		Name: text.OneLine(cmp.Or(company.GetSenderDisplayName(), company.GetDisplayName())), Address: addressOf(company.GetSenderEmail()),
	}
	m.From = from.String()
	return m
}

// messageID is the same for all tries to send the message.
func (s *Service) messageID(m *notificationv1.Message) string {
	return resource.ID(m.GetName()) + "@" + hostOf(s.publicURL)
}

func (s *Service) buttons(m *notificationv1.Message) []button {
	if s.publicURL == "" { // nobody knows where links would lead
		return nil
	}
	var all []button
	for _, o := range m.GetOptions() {
		token := strings.TrimPrefix(s.action(m, o), link.Collection)
		all = append(all, button{Label: o.GetLabel(), URL: strings.TrimSuffix(s.publicURL, "/") + "/a/" + token})
	}
	return all
}

// mailLayout is what a mail says.
type mailLayout struct {
	Language, Title, Greeting, Body, Choose string
	Buttons                                 []button
}

func (l mailLayout) text() string {
	var b strings.Builder
	b.WriteString(l.Greeting + "\n\n" + l.Body + "\n")
	if len(l.Buttons) > 0 {
		b.WriteString("\n" + l.Choose + "\n")
	}
	for _, option := range l.Buttons {
		b.WriteString("\n" + option.Label + ":\n" + option.URL + "\n")
	}
	return b.String()
}

// Paragraphs are the body's, each in lines.
func (l mailLayout) Paragraphs() [][]string {
	var all [][]string
	for p := range strings.SplitSeq(l.Body, "\n\n") {
		all = append(all, strings.Split(p, "\n"))
	}
	return all
}

// htmlLayout escapes whatever it is given: names, reasons and replies are what people wrote.
var htmlLayout = template.Must(template.New("mail").Parse(`<!DOCTYPE html>
<html lang="{{.Language}}">
<head><meta charset="utf-8"><title>{{.Title}}</title></head>
<body style="font-family: sans-serif; line-height: 1.5; max-width: 36em">
<p>{{.Greeting}}</p>
{{- range .Paragraphs}}
<p>{{range $i, $line := .}}{{if $i}}<br>{{end}}{{$line}}{{end}}</p>
{{- end}}
{{- with .Buttons}}
<p>{{$.Choose}}</p>
{{- range .}}
<p><a href="{{.URL}}" style="display: inline-block; padding: .5em 1em; border: 1px solid; border-radius: .3em">{{.Label}}</a></p>
{{- end}}
{{- end}}
</body>
</html>
`))

func (l mailLayout) html() string {
	var b strings.Builder
	if err := htmlLayout.Execute(&b, l); err != nil { // into memory: only a fault in the template can fail
		return ""
	}
	return b.String()
}

// hostOf is the right side of Message-IDs.
func hostOf(publicURL string) string {
	u, err := url.Parse(publicURL)
	if err != nil || u.Hostname() == "" || strings.ContainsRune(u.Hostname(), ':') {
		return "localhost"
	}
	host, err := idna.Lookup.ToASCII(u.Hostname())
	if err != nil {
		return "localhost"
	}
	return host
}

// addressOf is an address as every mail server takes it: the domain in ASCII.
func addressOf(email string) string {
	at := strings.LastIndexByte(email, '@')
	if at < 0 {
		return email
	}
	domain, err := idna.Lookup.ToASCII(email[at+1:])
	if err != nil {
		return email
	}
	return email[:at+1] + domain
}
