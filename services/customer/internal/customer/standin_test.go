package customer_test

import (
	"testing"

	"github.com/stretchr/testify/require"
	"google.golang.org/grpc/codes"

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
		}})
		require.NoError(t, err)
		names := map[string]bool{}
		for _, r := range res.GetResults() {
			require.Empty(t, r.GetFault())
			names[r.GetCustomer()] = true
			c := d.get(r.GetCustomer())
			require.Equal(t, " ", c.GetEmail()+" "+c.GetPhone())
		}
		require.Len(t, names, 3, "they are three people")
	})
}

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
