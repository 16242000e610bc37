// Package template serves TemplateService: every word that leaves the company. The first version of each template is in
// the code (texts/); those that were made since are in the database.
package template

import (
	"fmt"
	"strings"

	"google.golang.org/grpc"
	"google.golang.org/protobuf/proto"

	"kept.dev/kit"
	"kept.dev/kit/clock"
	"kept.dev/kit/sqldb"
	notificationv1 "kept.dev/proto/gen/kept/notification/v1"
)

// Service implements TemplateService, and puts facts into words.
type Service struct {
	notificationv1.UnimplementedTemplateServiceServer
	db        *sqldb.DB
	clock     clock.Clock
	templates map[string]*definition
	list      string
}

// New makes the service.
func New(deps kit.Deps) (*Service, error) {
	all, err := load(seeds)
	if err != nil {
		return nil, fmt.Errorf("templates: %w", err)
	}
	s := &Service{db: deps.DB, clock: deps.Clock, templates: map[string]*definition{}, list: selectAll(all)}
	for _, d := range all {
		s.templates[d.id] = d
	}
	return s, nil
}

// Capability is what the service runs of this package.
func (s *Service) Capability() kit.Capability {
	return kit.Capability{
		Name:     "template",
		Register: func(r grpc.ServiceRegistrar) { notificationv1.RegisterTemplateServiceServer(r, s) },
	}
}

// textsOf are the texts without what else a caller may have written beside them.
func textsOf(given []*notificationv1.Template_Text) []*notificationv1.Template_Text {
	texts := make([]*notificationv1.Template_Text, len(given))
	for i, t := range given {
		texts[i] = &notificationv1.Template_Text{
			LanguageCode: t.GetLanguageCode(), Title: t.GetTitle(), Body: strings.ReplaceAll(t.GetBody(), "\r\n", "\n"),
		}
	}
	return texts
}

func (d *definition) proto(v version) *notificationv1.Template {
	t := &notificationv1.Template{
		Name: collection + d.id, EventType: d.fact, Fields: d.names(), Version: int32(v.number), UpdateTime: v.updated, Etag: v.etag(),
	}
	for _, text := range v.texts {
		t.Texts = append(t.Texts, proto.CloneOf(text))
	}
	return t
}

const collection = "templates/"
