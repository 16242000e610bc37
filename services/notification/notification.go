// Package notification is the service that says every word that leaves the company.
package notification

import (
	"embed"
	"io/fs"

	"google.golang.org/grpc"

	"kept.dev/kit"
	"kept.dev/kit/timer"
	notificationv1 "kept.dev/proto/gen/kept/notification/v1"
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
	contacts := contact.New(deps)
	messages, err := message.New(deps, templates, contacts, sender)
	if err != nil {
		return nil, err
	}
	actions := action.New(deps)
	return &kit.Service{
		Name:       "notification",
		Migrations: files,
		Register: func(r grpc.ServiceRegistrar) {
			notificationv1.RegisterTemplateServiceServer(r, templates)
			notificationv1.RegisterMessageServiceServer(r, messages)
			notificationv1.RegisterActionServiceServer(r, actions)
		},
		Events: append(contacts.Events(), messages.Events()...),
		Timers: func(w *timer.Worker) {
			messages.Timers(w)
			actions.Timers(w)
		},
	}, nil
}
