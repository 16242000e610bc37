// Code generated from rows.yaml by `make generate`. DO NOT EDIT.

package promisekind

import (
	"kept.dev/kit/clock"
	"kept.dev/kit/page"
	"kept.dev/kit/resource"
	"kept.dev/kit/sqldb"
	customerv1 "kept.dev/proto/gen/kept/customer/v1"
)

// promiseKindRows are the rows of the table promise_kind, each of them a PromiseKind.
var promiseKindRows = resource.Rows[*customerv1.PromiseKind, *customerv1.ListPromiseKindsResponse]{
	Table:   "promise_kind",
	Pattern: "promiseKinds/{promise_kind}",
	Columns: []resource.Column{
		{Name: "id", Field: "name"},
		{Name: "version", Field: "etag", Kind: page.Int},
		{Name: "display_name", Field: "display_name"},
		{Name: "service", Field: "service"},
		{Name: "creator_roles", Field: "creator_roles"},
		{Name: "lead", Field: "warning_duration", Kind: page.Int},
		{Name: "remedies", Field: "remedies"},
		{Name: "owner", Field: "owner"},
		{Name: "retired", Field: "retired", Kind: page.Bool},
		{Name: "created", Field: "create_time", Kind: page.Timestamp},
		{Name: "due_after", Field: "lead_duration", Kind: page.Int, Null: true},
		{Name: "calendar", Field: "calendar", Null: true},
	},
	Key:    keyOfPromiseKind,
	Scan:   scanPromiseKind,
	Values: valuesOfPromiseKind,
	Page: func(found []*customerv1.PromiseKind, nextPageToken string) *customerv1.ListPromiseKindsResponse {
		return &customerv1.ListPromiseKindsResponse{PromiseKinds: found, NextPageToken: nextPageToken}
	},
}

// keyOfPromiseKind reads a name such as promiseKinds/{promise_kind}.
func keyOfPromiseKind(name string) ([]any, error) {
	var n customerv1.PromiseKindResourceName
	err := n.UnmarshalString(name)
	return []any{n.PromiseKind}, err
}

func scanPromiseKind(r *sqldb.Rows) (*customerv1.PromiseKind, error) {
	var id, creatorRoles, remedies string
	var version, lead int64
	var created, dueAfter *int64
	m := &customerv1.PromiseKind{}
	err := r.Scan(&id, &version, &m.DisplayName, &m.Service, &creatorRoles, &lead, &remedies,
		&m.Owner, &m.Retired, &created, &dueAfter, &m.Calendar)
	if err != nil {
		return nil, err
	}
	m.Name = customerv1.PromiseKindResourceName{PromiseKind: id}.String()
	m.Etag = resource.Etag(version)
	if err := resource.UnpackJSON(creatorRoles, m); err != nil {
		return nil, err
	}
	m.WarningDuration = resource.Duration(lead)
	if err := resource.UnpackJSON(remedies, m); err != nil {
		return nil, err
	}
	m.CreateTime = clock.Stamp(created)
	m.LeadDuration = resource.OptionalDuration(dueAfter)
	return m, nil
}

func valuesOfPromiseKind(m *customerv1.PromiseKind) ([]any, error) {
	var name customerv1.PromiseKindResourceName
	if err := name.UnmarshalString(m.GetName()); err != nil {
		return nil, err
	}
	creatorRoles, err := resource.PackJSON(&customerv1.PromiseKind{CreatorRoles: m.GetCreatorRoles()})
	if err != nil {
		return nil, err
	}
	remedies, err := resource.PackJSON(&customerv1.PromiseKind{Remedies: m.GetRemedies()})
	if err != nil {
		return nil, err
	}
	return []any{
		name.PromiseKind,
		resource.Version(m.GetEtag()),
		m.GetDisplayName(),
		m.GetService(),
		creatorRoles,
		resource.DurationMicros(m.GetWarningDuration()),
		remedies,
		m.GetOwner(),
		m.GetRetired(),
		resource.Micros(m.GetCreateTime()),
		resource.OptionalMicros(m.GetLeadDuration()),
		resource.Unless("", m.GetCalendar()),
	}, nil
}
