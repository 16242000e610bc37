// Package notification is the service that says every word that leaves the company.
package notification

import (
	"embed"
	"io/fs"

	"kept.dev/kit"
	"kept.dev/kit/localcopy"
	"kept.dev/services/notification/internal/action"
	"kept.dev/services/notification/internal/contact"
	"kept.dev/services/notification/internal/mailer"
	"kept.dev/services/notification/internal/message"
	"kept.dev/services/notification/internal/template"
)

//go:embed migrations/*.sql
var migrations embed.FS

// New makes the service.
func New(deps kit.Deps) (*kit.Service, error) {
	sender, err := mailer.New(deps.Mail)
	if err != nil {
		return nil, err
	}
	return assemble(deps, sender)
}

// assemble makes the service, with mails going out by the sender.
func assemble(deps kit.Deps, sender mailer.Sender) (*kit.Service, error) {
	files, err := fs.Sub(migrations, "migrations")
	if err != nil {
		return nil, err
	}
	templates, err := template.New(deps)
	if err != nil {
		return nil, err
	}
	contacts, company := contact.New(deps), localcopy.NewCompany(deps)
	messages, err := message.New(deps, templates, contacts, company, sender)
	if err != nil {
		return nil, err
	}
	return &kit.Service{
		Name: "notification", Migrations: files,
		Capabilities: []kit.Capability{
			company.Capability(), contacts.Capability(), templates.Capability(), messages.Capability(), action.New(deps).Capability(),
		},
	}, nil
}
