// Code generated from rows.yaml by `make generate`. DO NOT EDIT.

package program

import (
	"kept.dev/kit/clock"
	"kept.dev/kit/page"
	"kept.dev/kit/resource"
	"kept.dev/kit/sqldb"
	loyaltyv1 "kept.dev/proto/gen/kept/loyalty/v1"
)

// programRows are the rows of the table program, each of them a Program.
var programRows = resource.Rows[*loyaltyv1.Program, *loyaltyv1.ListProgramsResponse]{
	Table:   "program",
	Pattern: "programs/{program}",
	Columns: []resource.Column{
		{Name: "id", Field: "name"},
		{Name: "version", Field: "etag", Kind: page.Int},
		{Name: "display_name", Field: "display_name"},
		{Name: "points_per_unit", Field: "points_per_unit", Kind: page.Int},
		{Name: "currency", Field: "currency_code"},
		{Name: "created", Field: "create_time", Kind: page.Timestamp, Null: true},
	},
	Key:    keyOfProgram,
	Scan:   scanProgram,
	Values: valuesOfProgram,
	Page: func(found []*loyaltyv1.Program, nextPageToken string) *loyaltyv1.ListProgramsResponse {
		return &loyaltyv1.ListProgramsResponse{Programs: found, NextPageToken: nextPageToken}
	},
}

// keyOfProgram reads a name such as programs/{program}.
func keyOfProgram(name string) ([]any, error) {
	var n loyaltyv1.ProgramResourceName
	err := n.UnmarshalString(name)
	return []any{n.Program}, err
}

func scanProgram(r *sqldb.Rows) (*loyaltyv1.Program, error) {
	var id string
	var version int64
	var created *int64
	m := &loyaltyv1.Program{}
	err := r.Scan(&id, &version, &m.DisplayName, &m.PointsPerUnit, &m.CurrencyCode, &created)
	if err != nil {
		return nil, err
	}
	m.Name = loyaltyv1.ProgramResourceName{Program: id}.String()
	m.Etag = resource.Etag(version)
	m.CreateTime = clock.Stamp(created)
	return m, nil
}

func valuesOfProgram(m *loyaltyv1.Program) ([]any, error) {
	var name loyaltyv1.ProgramResourceName
	if err := name.UnmarshalString(m.GetName()); err != nil {
		return nil, err
	}
	return []any{
		name.Program,
		resource.Version(m.GetEtag()),
		m.GetDisplayName(),
		m.GetPointsPerUnit(),
		m.GetCurrencyCode(),
		resource.Micros(m.GetCreateTime()),
	}, nil
}
