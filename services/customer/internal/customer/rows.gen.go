// Code generated from rows.yaml by `make generate`. DO NOT EDIT.

package customer

import (
	"kept.dev/kit/clock"
	"kept.dev/kit/page"
	"kept.dev/kit/resource"
	"kept.dev/kit/sqldb"
	customerv1 "kept.dev/proto/gen/kept/customer/v1"
)

// customerRows are the rows of the table customer, each of them a Customer.
var customerRows = resource.Rows[*customerv1.Customer, *customerv1.ListCustomersResponse]{
	Table:   "customer",
	Pattern: "customers/{customer}",
	Columns: []resource.Column{
		{Name: "id", Field: "name"},
		{Name: "version", Field: "etag", Kind: page.Int},
		{Name: "display_name", Field: "display_name"},
		{Name: "language_code", Field: "language_code"},
		{Name: "email", Field: "email"},
		{Name: "phone", Field: "phone"},
		{Name: "email_confirmed", Field: "email_confirmed", Kind: page.Bool},
		{Name: "phone_confirmed", Field: "phone_confirmed", Kind: page.Bool},
		{Name: "region_code", Field: "region_code"},
		{Name: "addresses", Field: "addresses"},
		{Name: "customer_class", Field: "customer_class", Null: true},
		{Name: "created", Field: "create_time", Kind: page.Timestamp},
	},
	Key:    keyOfCustomer,
	Scan:   scanCustomer,
	Values: valuesOfCustomer,
	Page: func(found []*customerv1.Customer, nextPageToken string) *customerv1.ListCustomersResponse {
		return &customerv1.ListCustomersResponse{Customers: found, NextPageToken: nextPageToken}
	},
}

// keyOfCustomer reads a name such as customers/{customer}.
func keyOfCustomer(name string) ([]any, error) {
	var n customerv1.CustomerResourceName
	err := n.UnmarshalString(name)
	return []any{n.Customer}, err
}

func scanCustomer(r *sqldb.Rows) (*customerv1.Customer, error) {
	var id string
	var version int64
	var addresses []byte
	var created *int64
	m := &customerv1.Customer{}
	err := r.Scan(&id, &version, &m.DisplayName, &m.LanguageCode, &m.Email, &m.Phone, &m.EmailConfirmed,
		&m.PhoneConfirmed, &m.RegionCode, &addresses, &m.CustomerClass, &created)
	if err != nil {
		return nil, err
	}
	m.Name = customerv1.CustomerResourceName{Customer: id}.String()
	m.Etag = resource.Etag(version)
	if err := resource.Unpack(addresses, m); err != nil {
		return nil, err
	}
	m.CreateTime = clock.Stamp(created)
	return m, nil
}

func valuesOfCustomer(m *customerv1.Customer) ([]any, error) {
	var name customerv1.CustomerResourceName
	if err := name.UnmarshalString(m.GetName()); err != nil {
		return nil, err
	}
	addresses, err := resource.Pack(&customerv1.Customer{Addresses: m.GetAddresses()})
	if err != nil {
		return nil, err
	}
	return []any{
		name.Customer,
		resource.Version(m.GetEtag()),
		m.GetDisplayName(),
		m.GetLanguageCode(),
		m.GetEmail(),
		m.GetPhone(),
		m.GetEmailConfirmed(),
		m.GetPhoneConfirmed(),
		m.GetRegionCode(),
		addresses,
		resource.Unless("", m.GetCustomerClass()),
		resource.Micros(m.GetCreateTime()),
	}, nil
}
