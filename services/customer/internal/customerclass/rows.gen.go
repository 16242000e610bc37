// Code generated from rows.yaml by `make generate`. DO NOT EDIT.

package customerclass

import (
	"kept.dev/kit/clock"
	"kept.dev/kit/page"
	"kept.dev/kit/resource"
	"kept.dev/kit/sqldb"
	customerv1 "kept.dev/proto/gen/kept/customer/v1"
)

// customerClassRows are the rows of the table customer_class, each of them a CustomerClass.
var customerClassRows = resource.Rows[*customerv1.CustomerClass, *customerv1.ListCustomerClassesResponse]{
	Table:   "customer_class",
	Pattern: "customerClasses/{customer_class}",
	Columns: []resource.Column{
		{Name: "id", Field: "name"},
		{Name: "version", Field: "etag", Kind: page.Int},
		{Name: "display_name", Field: "display_name"},
		{Name: "place", Field: "rank", Kind: page.Int},
		{Name: "description", Field: "description"},
		{Name: "created", Field: "create_time", Kind: page.Timestamp},
	},
	Key:    keyOfCustomerClass,
	Scan:   scanCustomerClass,
	Values: valuesOfCustomerClass,
	Page: func(found []*customerv1.CustomerClass, nextPageToken string) *customerv1.ListCustomerClassesResponse {
		return &customerv1.ListCustomerClassesResponse{CustomerClasses: found, NextPageToken: nextPageToken}
	},
}

// keyOfCustomerClass reads a name such as customerClasses/{customer_class}.
func keyOfCustomerClass(name string) ([]any, error) {
	var n customerv1.CustomerClassResourceName
	err := n.UnmarshalString(name)
	return []any{n.CustomerClass}, err
}

func scanCustomerClass(r *sqldb.Rows) (*customerv1.CustomerClass, error) {
	var id string
	var version int64
	var created *int64
	m := &customerv1.CustomerClass{}
	err := r.Scan(&id, &version, &m.DisplayName, &m.Rank, &m.Description, &created)
	if err != nil {
		return nil, err
	}
	m.Name = customerv1.CustomerClassResourceName{CustomerClass: id}.String()
	m.Etag = resource.Etag(version)
	m.CreateTime = clock.Stamp(created)
	return m, nil
}

func valuesOfCustomerClass(m *customerv1.CustomerClass) ([]any, error) {
	var name customerv1.CustomerClassResourceName
	if err := name.UnmarshalString(m.GetName()); err != nil {
		return nil, err
	}
	return []any{
		name.CustomerClass,
		resource.Version(m.GetEtag()),
		m.GetDisplayName(),
		int64(m.GetRank()),
		m.GetDescription(),
		resource.Micros(m.GetCreateTime()),
	}, nil
}
