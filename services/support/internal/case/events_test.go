package cases

import (
	"slices"
	"testing"

	"github.com/stretchr/testify/require"
	"google.golang.org/grpc/codes"

	"kept.dev/kit/errs"
	"kept.dev/kit/id"
	customerv1 "kept.dev/proto/gen/kept/customer/v1"
)

// TestImportedCustomersAreKnown: their cases are taken in though the customer service is away, and nobody else's.
func TestImportedCustomersAreKnown(t *testing.T) {
	onBoth(t, func(t *testing.T, b *fixture) {
		names := []string{b.olena}
		for range 999 {
			names = append(names, "customers/"+id.New())
		}
		imported := &customerv1.CustomersImported{Issuer: "erp", Customers: append(slices.Clone(names), names[5])}
		b.hear(t, imported, imported, &customerv1.CustomersImported{Issuer: "erp"})
		require.EqualValues(t, len(names), b.number(t, `select count(*) from known_customer`))

		b.others.goAway(true)
		for _, name := range []string{names[0], names[1], names[999]} {
			require.NoError(t, b.knownCustomers().Check(t.Context(), b.db, "case.customer", name))
		}
		err := b.knownCustomers().Check(t.Context(), b.db, "case.customer", "customers/"+id.New())
		require.Equal(t, codes.Unavailable, errs.KindOf(err))
	})
}
