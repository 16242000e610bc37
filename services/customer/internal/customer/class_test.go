package customer_test

import (
	"testing"

	"github.com/stretchr/testify/require"
	"google.golang.org/grpc/codes"
	"google.golang.org/protobuf/proto"

	"kept.dev/kit/errs"
	customerv1 "kept.dev/proto/gen/kept/customer/v1"
)

func TestACustomerHasAClassForAReason(t *testing.T) {
	onBoth(t, func(t *testing.T, d *desk) {
		c := d.created(&customerv1.Customer{DisplayName: "Olena"})
		d.heard()
		set := func(class, etag string) (*customerv1.Customer, error) {
			return d.ClassifyCustomer(d.as(anna), &customerv1.ClassifyCustomerRequest{
				Name: c.GetName(), CustomerClass: class, Reason: "She buys every week", Etag: etag,
			})
		}
		_, err := set("customerClasses/none", "")
		require.Equal(t, codes.InvalidArgument, errs.KindOf(err))
		require.ErrorContains(t, err, "customer_class")
		_, err = set("customerClasses/a", "7")
		require.Equal(t, "ETAG_MISMATCH", errs.ReasonOf(err))
		require.Empty(t, d.get(c.GetName()).GetCustomerClass())

		got, err := set("customerClasses/a", "1")
		require.NoError(t, err)
		require.Equal(t, "customerClasses/a 2", got.GetCustomerClass()+" "+got.GetEtag())
		require.True(t, proto.Equal(got, d.get(c.GetName())))
		_, err = set("customerClasses/a", "")
		require.NoError(t, err, "the same again changes nothing")
		got, err = set("", "")
		require.NoError(t, err)
		require.Empty(t, got.GetCustomerClass())
		require.Len(t, d.heard(), 2, "one for each change")

		found, err := d.ListCustomers(d.as(anna), &customerv1.ListCustomersRequest{Filter: `customer_class = "customerClasses/a"`})
		require.NoError(t, err)
		require.Empty(t, found.GetCustomers())
		c.CustomerClass, c.Etag = "customerClasses/a", ""
		require.Empty(t, d.updated(c).GetCustomerClass(), "nobody gives it to themselves")
	})
}
