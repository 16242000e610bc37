// Code generated from rows.yaml by `make generate`. DO NOT EDIT.

package message

import (
	"kept.dev/kit/clock"
	"kept.dev/kit/page"
	"kept.dev/kit/resource"
	"kept.dev/kit/sqldb"
	notificationv1 "kept.dev/proto/gen/kept/notification/v1"
)

// messageRows are the rows of the table message, each of them a Message.
var messageRows = resource.Rows[*notificationv1.Message, *notificationv1.ListMessagesResponse]{
	Table:   "message",
	Pattern: "messages/{message}",
	Columns: []resource.Column{
		{Name: "id", Field: "name"},
		{Name: "customer", Field: "customer"},
		{Name: "template", Field: "template"},
		{Name: "template_version", Field: "template_version", Kind: page.Int},
		{Name: "language_code", Field: "language_code"},
		{Name: "title", Field: "title"},
		{Name: "body", Field: "body"},
		{Name: "about", Field: "about"},
		{Name: "event_type", Field: "event_type"},
		{Name: "expires", Field: "expire_time", Kind: page.Timestamp, Null: true},
		{Name: "created", Field: "create_time", Kind: page.Timestamp},
		{Name: "read", Field: "read_time", Kind: page.Timestamp, Null: true},
	},
	Key:    keyOfMessage,
	Scan:   scanMessage,
	Values: valuesOfMessage,
	Page: func(found []*notificationv1.Message, nextPageToken string) *notificationv1.ListMessagesResponse {
		return &notificationv1.ListMessagesResponse{Messages: found, NextPageToken: nextPageToken}
	},
}

// keyOfMessage reads a name such as messages/{message}.
func keyOfMessage(name string) ([]any, error) {
	var n notificationv1.MessageResourceName
	err := n.UnmarshalString(name)
	return []any{n.Message}, err
}

func scanMessage(r *sqldb.Rows) (*notificationv1.Message, error) {
	var id string
	var expires, created, read *int64
	m := &notificationv1.Message{}
	err := r.Scan(&id, &m.Customer, &m.Template, &m.TemplateVersion, &m.LanguageCode, &m.Title, &m.Body,
		&m.About, &m.EventType, &expires, &created, &read)
	if err != nil {
		return nil, err
	}
	m.Name = notificationv1.MessageResourceName{Message: id}.String()
	m.ExpireTime = clock.Stamp(expires)
	m.CreateTime = clock.Stamp(created)
	m.ReadTime = clock.Stamp(read)
	return m, nil
}

func valuesOfMessage(m *notificationv1.Message) ([]any, error) {
	var name notificationv1.MessageResourceName
	if err := name.UnmarshalString(m.GetName()); err != nil {
		return nil, err
	}
	return []any{
		name.Message,
		m.GetCustomer(),
		m.GetTemplate(),
		int64(m.GetTemplateVersion()),
		m.GetLanguageCode(),
		m.GetTitle(),
		m.GetBody(),
		m.GetAbout(),
		m.GetEventType(),
		resource.Micros(m.GetExpireTime()),
		resource.Micros(m.GetCreateTime()),
		resource.Micros(m.GetReadTime()),
	}, nil
}
