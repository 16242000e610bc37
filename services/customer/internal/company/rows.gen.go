// Code generated from rows.yaml by `make generate`. DO NOT EDIT.

package company

import (
	"kept.dev/kit/clock"
	"kept.dev/kit/page"
	"kept.dev/kit/resource"
	"kept.dev/kit/sqldb"
	customerv1 "kept.dev/proto/gen/kept/customer/v1"
)

// companyRows are the rows of the table company, each of them a Company.
var companyRows = resource.Rows[*customerv1.Company, resource.NoList]{
	Table:   "company",
	Pattern: "company",
	Columns: []resource.Column{
		{Name: "id", Field: "name"},
		{Name: "version", Field: "etag", Kind: page.Int},
		{Name: "display_name", Field: "display_name"},
		{Name: "logo_uri", Field: "logo_uri"},
		{Name: "time_zone", Field: "time_zone"},
		{Name: "currency_code", Field: "currency_code"},
		{Name: "language_codes", Field: "language_codes"},
		{Name: "region_code", Field: "region_code"},
		{Name: "sender_email", Field: "sender_email"},
		{Name: "sender_display_name", Field: "sender_display_name"},
		{Name: "reply_email", Field: "reply_email"},
		{Name: "updated", Field: "update_time", Kind: page.Timestamp},
	},
	Key:    keyOfCompany,
	Scan:   scanCompany,
	Values: valuesOfCompany,
}

// keyOfCompany reads a name such as company.
func keyOfCompany(name string) ([]any, error) {
	var n customerv1.CompanyResourceName
	err := n.UnmarshalString(name)
	return []any{n.String()}, err
}

func scanCompany(r *sqldb.Rows) (*customerv1.Company, error) {
	var id, languageCodes string
	var version int64
	var updated *int64
	m := &customerv1.Company{}
	err := r.Scan(&id, &version, &m.DisplayName, &m.LogoUri, &m.TimeZone, &m.CurrencyCode, &languageCodes,
		&m.RegionCode, &m.SenderEmail, &m.SenderDisplayName, &m.ReplyEmail, &updated)
	if err != nil {
		return nil, err
	}
	m.Name = customerv1.CompanyResourceName{}.String()
	m.Etag = resource.Etag(version)
	if err := resource.UnpackJSON(languageCodes, m); err != nil {
		return nil, err
	}
	m.UpdateTime = clock.Stamp(updated)
	return m, nil
}

func valuesOfCompany(m *customerv1.Company) ([]any, error) {
	var name customerv1.CompanyResourceName
	if err := name.UnmarshalString(m.GetName()); err != nil {
		return nil, err
	}
	languageCodes, err := resource.PackJSON(&customerv1.Company{LanguageCodes: m.GetLanguageCodes()})
	if err != nil {
		return nil, err
	}
	return []any{
		name.String(),
		resource.Version(m.GetEtag()),
		m.GetDisplayName(),
		m.GetLogoUri(),
		m.GetTimeZone(),
		m.GetCurrencyCode(),
		languageCodes,
		m.GetRegionCode(),
		m.GetSenderEmail(),
		m.GetSenderDisplayName(),
		m.GetReplyEmail(),
		resource.Micros(m.GetUpdateTime()),
	}, nil
}
