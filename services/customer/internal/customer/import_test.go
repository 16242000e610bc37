package customer_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"google.golang.org/protobuf/proto"

	"kept.dev/kit/errs"
	"kept.dev/kit/kittest"
	"kept.dev/kit/sqldb"
	customerv1 "kept.dev/proto/gen/kept/customer/v1"
)

type record = customerv1.ImportCustomersRequest_Record

// imports imports records of the shop "erp".
func (d *desk) imports(records ...*record) []*customerv1.ImportCustomersResponse_Result {
	res, err := d.ImportCustomers(d.t.Context(), &customerv1.ImportCustomersRequest{Issuer: "erp", Records: records})
	require.NoError(d.t, err)
	require.Len(d.t, res.GetResults(), len(records))
	return res.GetResults()
}

// ownerOfID is whose the id at the issuer is, or empty.
func (d *desk) ownerOfID(issuer, id string) string {
	i, err := d.identities.ResolveIdentity(d.t.Context(), &customerv1.ResolveIdentityRequest{Value: id, Issuer: issuer})
	if err != nil {
		require.Equal(d.t, errs.KindNotFound, errs.KindOf(err))
	}
	return i.GetCustomer()
}

func TestNewCustomersAreImported(t *testing.T) {
	onBoth(t, func(t *testing.T, d *desk) {
		results := d.imports(
			&record{ExternalId: " 00001 ", LanguageCode: "uk", Email: "Olena <Olena@Example.org>", Phone: "044 123 45 67", RegionCode: "UA"},
			&record{DisplayName: " Ivan ", Phone: "+380 67 765 43 21", Email: " "},
			&record{Email: "nameless@example.org"},
			&record{ExternalId: strings.Repeat("я", 254)},
		)
		want := []*customerv1.Customer{
			{DisplayName: "Customer 00001", LanguageCode: "uk", Email: "Olena@Example.org", Phone: "+380441234567", RegionCode: "UA"},
			{DisplayName: "Ivan", Phone: "+380677654321"},
			{DisplayName: "Customer", Email: "nameless@example.org"},
			{DisplayName: "Customer " + strings.Repeat("я", 191)},
		}
		var names []string
		for i, r := range results {
			require.True(t, r.GetCreated())
			require.Empty(t, r.GetFault())
			made := d.get(r.GetCustomer())
			want[i].EmailConfirmed, want[i].PhoneConfirmed = want[i].GetEmail() != "", want[i].GetPhone() != ""
			want[i].Name, want[i].Etag, want[i].CreateTime = r.GetCustomer(), "1", made.GetCreateTime()
			require.WithinDuration(t, d.clock.Now(), made.GetCreateTime().AsTime(), time.Minute)
			require.True(t, proto.Equal(want[i], made), "%v", made)
			names = append(names, r.GetCustomer())
		}
		require.Equal(t, names[0], d.ownerOfID("erp", "00001"))
		require.Equal(t, names[0], d.owner("olena@example.org"))
		require.Equal(t, names[0], d.owner("+380441234567"))
		require.Equal(t, names[1], d.owner("+380677654321"))
		require.Equal(t, "", d.ownerOfID("crm", "00001"), "another system's id")
		require.EqualValues(t, 4, kittest.Number(t, d.db, `select count(*) from identity where contact = true and added = false`))
		require.EqualValues(t, 2, kittest.Number(t, d.db, `select count(*) from identity where contact = false and added = true`))
		d.requireToldOfImport(t, names)
	})
}

// requireToldOfImport wants one fact of all customers, and one of each with how to reach them.
func (d *desk) requireToldOfImport(t *testing.T, names []string) {
	rows, err := d.db.Query(t.Context(), `select subject, version, data from outbox where type = 'kept.customer.v1.CustomersImported'`)
	require.NoError(t, err)
	imported := &customerv1.CustomersImported{}
	_, err = sqldb.One(rows, func(r *sqldb.Rows) (_ struct{}, err error) {
		var subject string
		var version int64
		var data []byte
		if err := r.Scan(&subject, &version, &data); err != nil {
			return struct{}{}, err
		}
		require.Equal(t, "issuers/erp 1", fmt.Sprint(subject, " ", version))
		return struct{}{}, proto.Unmarshal(data, imported)
	})
	require.NoError(t, err)
	require.Equal(t, 1, rows.Len())
	require.True(t, proto.Equal(&customerv1.CustomersImported{Issuer: "erp", Customers: names}, imported), "%v", imported)
	told := map[string]bool{}
	for _, s := range d.heard() {
		if s.kind == contactChanged {
			c := d.get(s.subject)
			require.True(t, proto.Equal(&customerv1.CustomerContactChanged{
				Customer: c.GetName(), DisplayName: c.GetDisplayName(), LanguageCode: c.GetLanguageCode(), Email: c.GetEmail(), Phone: c.GetPhone(),
				EmailConfirmed: c.GetEmailConfirmed(),
			}, s.contact))
			require.EqualValues(t, 1, s.version)
			told[s.subject] = true
			continue
		}
		require.Equal(t, "kept.customer.v1.CustomersImported", s.kind)
	}
	require.Len(t, told, len(names))
}

// TestWhoIsKnownStaysAsTheyAre: the id decides, then the address, then the number.
func TestWhoIsKnownStaysAsTheyAre(t *testing.T) {
	cases := map[string]struct {
		record *record
		want   string // who it is
		newID  bool
	}{
		"by the id":                            {&record{ExternalId: "1"}, "by id", false},
		"by the id, not by the address":        {&record{ExternalId: "1", Email: "email@example.org"}, "by id", false},
		"by the id, not by the number":         {&record{ExternalId: "1", Phone: "+380441234567"}, "by id", false},
		"by the id, and a new address":         {&record{ExternalId: "1", Email: "new@example.org", Phone: "+380440000000"}, "by id", false},
		"by the address":                       {&record{Email: "EMAIL@example.org"}, "by email", false},
		"by the address, with a new id":        {&record{ExternalId: "2", Email: "EMAIL@example.org"}, "by email", true},
		"by the address, not by the number":    {&record{ExternalId: "3", Email: "email@example.org", Phone: "+380441234567"}, "by email", true},
		"by the number, with a new address":    {&record{Email: "other@example.org", Phone: "(044) 123-45-67", RegionCode: "UA"}, "by phone", false},
		"by the number, with a new id":         {&record{ExternalId: "4", Phone: "00380441234567"}, "by phone", true},
		"by the number, with other words":      {&record{Phone: "tel:+380441234567", DisplayName: "Other", LanguageCode: "en", RegionCode: "US"}, "by phone", false},
		"by an address that is no contact":     {&record{Email: "second@example.org"}, "by id", false},
		"by a number that was added, a new id": {&record{ExternalId: "5", Phone: "+12025550142"}, "by email", true},
	}
	onBoth(t, func(t *testing.T, d *desk) {
		names := map[string]string{
			"by id":    d.created(&customerv1.Customer{DisplayName: "By id"}).GetName(),
			"by email": d.created(&customerv1.Customer{DisplayName: "By email", Email: "Email@example.org"}).GetName(),
			"by phone": d.created(&customerv1.Customer{DisplayName: "By phone", Phone: "+380441234567"}).GetName(),
		}
		d.adds(names["by id"], &customerv1.Identity{Kind: customerv1.Identity_EXTERNAL_ID, Issuer: "erp", Value: "1"})
		d.adds(names["by id"], &customerv1.Identity{Kind: customerv1.Identity_EMAIL, Value: "second@example.org"})
		d.adds(names["by email"], &customerv1.Identity{Kind: customerv1.Identity_PHONE, Value: "+12025550142"})
		d.heard()
		customers := d.tables(t, "customer")
		for name, c := range cases {
			identities := d.count("identity")
			result := d.imports(c.record)[0]
			require.True(t, proto.Equal(&customerv1.ImportCustomersResponse_Result{Customer: names[c.want]}, result), "%s: %v", name, result)
			if c.newID {
				identities++
				require.Equal(t, names[c.want], d.ownerOfID("erp", c.record.GetExternalId()), name)
			}
			require.Equal(t, identities, d.count("identity"), name)
			if c.newID { // else the next one would be another person's id
				kittest.Exec(t, d.db, `delete from identity where kind = 3 and value = $1`, c.record.GetExternalId())
			}
		}
		require.Equal(t, customers, d.tables(t, "customer"), "nobody has changed")
		require.Empty(t, d.heard(), "and nobody is told of anything")
	})
}

func (d *desk) adds(customer string, i *customerv1.Identity) {
	_, err := d.identities.CreateIdentity(d.t.Context(), &customerv1.CreateIdentityRequest{Parent: customer, Identity: i})
	require.NoError(d.t, err)
}

// tables is all that tables hold, in some order.
func (d *desk) tables(t require.TestingT, names ...string) (all []string) {
	for _, name := range names {
		rows, err := d.db.Query(d.t.Context(), `select * from `+name+` order by 1, 2, 3`)
		require.NoError(t, err)
		all = append(all, fmt.Sprintf("%s: %v", name, *rows))
	}
	return all
}

func TestFaultsOfRecordsStopNoOther(t *testing.T) {
	const secret = "sesame"
	cases := map[string]struct {
		record *record
		fault  string
	}{
		"nothing":       {&record{DisplayName: secret}, "needs an external_id, an email or a phone"},
		"blanks":        {&record{ExternalId: " ", Email: "\t", Phone: " "}, "needs an external_id, an email or a phone"},
		"no address":    {&record{ExternalId: secret, Email: secret}, "email must be somebody's e-mail address, such as anna@example.org"},
		"no number":     {&record{Phone: secret, RegionCode: "UA"}, "phone must be somebody's telephone number, of UA or with its country code, such as +380441234567"},
		"no region":     {&record{Phone: "044 765 43 21"}, "phone must be somebody's telephone number with its country code, such as +380441234567, or come with a region_code"},
		"no language":   {&record{ExternalId: "1", LanguageCode: secret + "!"}, "language_code must be a BCP-47 tag of languages, scripts and regions that there are, such as uk or pt-BR"},
		"two languages": {&record{ExternalId: "1", LanguageCode: "uk,en"}, "language_code must be a BCP-47 tag of languages, scripts and regions that there are, such as uk or pt-BR"},
		"all at once": {
			&record{Email: secret, Phone: secret, LanguageCode: "?"},
			"email must be somebody's e-mail address, such as anna@example.org; " +
				"phone must be somebody's telephone number with its country code, such as +380441234567, or come with a region_code; " +
				"language_code must be a BCP-47 tag of languages, scripts and regions that there are, such as uk or pt-BR",
		},
	}
	onBoth(t, func(t *testing.T, d *desk) {
		records, faults := []*record{{ExternalId: "first"}}, []string{""}
		for _, c := range cases {
			records, faults = append(records, c.record), append(faults, c.fault)
		}
		results := d.imports(append(records, &record{ExternalId: "last"})...)
		for i, want := range append(faults, "") {
			got := results[i]
			require.Equal(t, want, got.GetFault())
			require.NotContains(t, got.GetFault(), secret)
			require.Equal(t, want == "", got.GetCreated())
			require.Equal(t, want == "", got.GetCustomer() != "")
		}
		require.EqualValues(t, 2, d.count("customer"))
		require.EqualValues(t, 2, d.count("identity"))
	})
}

func TestAnImportSentAgainChangesNothing(t *testing.T) {
	onBoth(t, func(t *testing.T, d *desk) {
		var records []*record
		for i := range 1000 {
			records = append(records, &record{
				ExternalId: fmt.Sprint(i), Email: fmt.Sprintf("c%d@example.org", i), Phone: fmt.Sprintf("+38044%07d", i),
			})
		}
		first := d.imports(records...)
		d.heard()
		everything := d.tables(t, "customer", "identity")
		for i, r := range d.imports(records...) {
			require.True(t, first[i].GetCreated())
			require.True(t, proto.Equal(&customerv1.ImportCustomersResponse_Result{Customer: first[i].GetCustomer()}, r))
		}
		require.Equal(t, everything, d.tables(t, "customer", "identity"))
		require.Empty(t, d.heard())
	})
}
