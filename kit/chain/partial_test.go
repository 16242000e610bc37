package chain_test

import (
	"testing"

	"github.com/stretchr/testify/require"
	"google.golang.org/protobuf/types/known/fieldmaskpb"

	"kept.dev/kit/chain"
	customerv1 "kept.dev/proto/gen/kept/customer/v1"
)

func TestUpdatesLeaveOutWhatTheyDoNotChange(t *testing.T) {
	v, err := chain.NewValidator(customerv1.File_kept_customer_v1_customer_service_proto.Services().Get(0))
	require.NoError(t, err)
	refused := func(c *customerv1.Customer, paths ...string) bool {
		r := &customerv1.UpdateCustomerRequest{Customer: c, UpdateMask: &fieldmaskpb.FieldMask{Paths: paths}}
		return v.Validate(r, chain.Partial(r)...) != nil
	}
	require.False(t, refused(&customerv1.Customer{Phone: "+380441234567"}, "phone"), "the display name, which is required, is not changed")
	require.False(t, refused(&customerv1.Customer{Phone: "+380441234567"}))
	require.True(t, refused(&customerv1.Customer{Phone: "+380441234567"}, "phone", "display_name"), "it would be cleared")
	require.True(t, refused(&customerv1.Customer{Phone: "+380441234567"}, "*"), "everything is replaced")
	require.True(t, refused(&customerv1.Customer{RegionCode: "ukraine"}, "phone"), "what is there has to be sound")
	require.True(t, refused(&customerv1.Customer{Addresses: []*customerv1.Customer_Address{{}}}, "addresses"), "within a changed field all counts")
	require.True(t, refused(nil, "phone"), "the customer itself has to be there")
}
