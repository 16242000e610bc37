package customer_test

import (
	"testing"

	"github.com/stretchr/testify/require"
	"google.golang.org/grpc/codes"
	"google.golang.org/protobuf/proto"

	"kept.dev/kit/errs"
	customerv1 "kept.dev/proto/gen/kept/customer/v1"
)

// What stands for no address or number makes nobody somebody else; a person is told, and a record comes in without it.
func TestWhatStandsForNoneIdentifiesNobody(t *testing.T) {
	onBoth(t, func(t *testing.T, d *desk) {
		_, err := d.create(&customerv1.Customer{DisplayName: "Anna", Email: "noemail@example.org"})
		require.Equal(t, codes.InvalidArgument, errs.KindOf(err))
		require.ErrorContains(t, err, "customer.email")
		_, err = d.create(&customerv1.Customer{DisplayName: "Anna", Phone: "+1 000 000 0000"})
		require.ErrorContains(t, err, "customer.phone")

		res, err := d.ImportCustomers(t.Context(), &customerv1.ImportCustomersRequest{Issuer: "shop", Records: []*customerv1.ImportCustomersRequest_Record{
			{ExternalId: "1", Email: "none@none.com", Phone: "0000000000", RegionCode: "US"},
			{ExternalId: "2", Email: "none@none.com", Phone: "0000000000", RegionCode: "US"},
			{ExternalId: "3", Phone: "000"},
			{ExternalId: "4", Email: "none", Phone: "1234567890"},
			{ExternalId: "5", Email: "n/a", Phone: "-"},
			{ExternalId: "6", Email: "—", Phone: "N/A"},
			{ExternalId: "7", Email: "нет", Phone: "Unknown"},
		}})
		require.NoError(t, err)
		names := map[string]bool{}
		for _, r := range res.GetResults() {
			require.Empty(t, r.GetFault())
			names[r.GetCustomer()] = true
			c := d.get(r.GetCustomer())
			require.Equal(t, " ", c.GetEmail()+" "+c.GetPhone())
		}
		require.Len(t, names, 7, "they are seven people")
	})
}

// TestTwoIDsOfOneIssuerAreTwoPeople: an address or a number that they share does not merge them, whoever comes first, and in whatever
// number of imports.
func TestTwoIDsOfOneIssuerAreTwoPeople(t *testing.T) {
	family := func() []*customerv1.ImportCustomersRequest_Record {
		return []*customerv1.ImportCustomersRequest_Record{
			{ExternalId: "1", Email: "family@example.org", Phone: "+380441234567"},
			{ExternalId: "2", Email: "family@example.org", Phone: "+380441234567"},
			{ExternalId: "3", Email: "other@example.org", Phone: "+380441234567"},
			{Email: "family@example.org"},
			{ExternalId: "2"},
		}
	}
	onBoth(t, func(t *testing.T, d *desk) {
		first := d.imports(family()...)
		d.heard()
		for _, r := range family() {
			first = append(first, d.imports(r)...)
		}
		for i, n := range []int{0, 1, 2, 0, 1, 0, 1, 2, 0, 1} {
			require.Empty(t, first[i].GetFault())
			require.Equal(t, first[n].GetCustomer(), first[i].GetCustomer(), i)
			require.Equal(t, i < 3, first[i].GetCreated(), i)
		}
		require.Len(t, map[string]bool{first[0].GetCustomer(): true, first[1].GetCustomer(): true, first[2].GetCustomer(): true}, 3)
		require.Equal(t, "family@example.org +380441234567", contacts(d.get(first[0].GetCustomer())))
		require.Equal(t, " ", contacts(d.get(first[1].GetCustomer())), "what is another's is not theirs")
		require.Equal(t, "other@example.org ", contacts(d.get(first[2].GetCustomer())))

		res, err := d.ImportCustomers(t.Context(), &customerv1.ImportCustomersRequest{Issuer: "crm", Records: family()[:1]})
		require.NoError(t, err)
		require.Equal(t, first[0].GetCustomer(), res.GetResults()[0].GetCustomer(), "another issuer's id may be of the same person")
	})
}

// TestAnImportThatOnlyAsks says who the records are, and leaves everything as it is.
func TestAnImportThatOnlyAsks(t *testing.T) {
	onBoth(t, func(t *testing.T, d *desk) {
		olena := d.imports(&record{ExternalId: "1", Email: "olena@example.org"})[0].GetCustomer()
		d.heard()
		before := d.tables(t, "customer", "identity")
		res, err := d.ImportCustomers(t.Context(), &customerv1.ImportCustomersRequest{Issuer: "erp", ValidateOnly: true, Records: []*record{
			{ExternalId: "1"}, {ExternalId: "2"}, {ExternalId: "2", Email: "new@example.org"}, {Email: "olena@example.org"}, {DisplayName: "Nobody"},
		}})
		require.NoError(t, err)
		want := []*customerv1.ImportCustomersResponse_Result{
			{Customer: olena}, {Created: true}, {}, {Customer: olena}, {Fault: "needs an external_id, an email or a phone"},
		}
		for i := range want {
			require.True(t, proto.Equal(want[i], res.GetResults()[i]), "%d: %v", i, res.GetResults()[i])
		}
		require.Equal(t, before, d.tables(t, "customer", "identity"))
		require.Empty(t, d.heard())
	})
}

func contacts(c *customerv1.Customer) string { return c.GetEmail() + " " + c.GetPhone() }

func TestLanguagesAreKeptInTheirCanonicalForm(t *testing.T) {
	onBoth(t, func(t *testing.T, d *desk) {
		for given, want := range map[string]string{"EN-us": "en-US", "iw": "he", "sr-cyrl": "sr-Cyrl", "uk": "uk", "": ""} {
			require.Equal(t, want, d.created(&customerv1.Customer{DisplayName: "Anna", LanguageCode: given}).GetLanguageCode(), given)
		}
		for _, wrong := range []string{"xx", "english", "en-Abcd", "und", "zz-Zzzz-ZZ"} {
			_, err := d.create(&customerv1.Customer{DisplayName: "Anna", LanguageCode: wrong})
			require.ErrorContains(t, err, "customer.language_code", wrong)
		}
		anna := d.created(&customerv1.Customer{DisplayName: "Anna"})
		require.Equal(t, "pt-BR", d.updated(&customerv1.Customer{Name: anna.GetName(), LanguageCode: "PT-br"}, "language_code").GetLanguageCode())
	})
}
