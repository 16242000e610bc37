package customer_test

import (
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"google.golang.org/genproto/googleapis/type/postaladdress"
	"google.golang.org/grpc/codes"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/timestamppb"

	"kept.dev/kit/errs"
	customerv1 "kept.dev/proto/gen/kept/customer/v1"
)

func home(lines ...string) []*customerv1.Customer_Address {
	return []*customerv1.Customer_Address{{Label: "Home", Address: &postaladdress.PostalAddress{RegionCode: "UA", AddressLines: lines}}}
}

func oksana() *customerv1.Customer {
	return &customerv1.Customer{
		Name: "customers/chosen", Etag: "7", CreateTime: &timestamppb.Timestamp{Seconds: 1},
		DisplayName: "Oksana", LanguageCode: "uk", RegionCode: "UA", Phone: "044 123 45 67", Email: "Oksana <Oksana.K@Example.org>",
		Addresses: home("Khreshchatyk 1", "Kyiv"),
	}
}

func TestCreateCustomer(t *testing.T) {
	onBoth(t, func(t *testing.T, d *desk) {
		made := d.created(oksana())
		require.NotEqual(t, "customers/chosen", made.GetName())
		require.Equal(t, "1", made.GetEtag())
		require.WithinDuration(t, d.clock.Now(), made.GetCreateTime().AsTime(), time.Minute)
		require.Equal(t, "+380441234567", made.GetPhone())
		require.Equal(t, "Oksana.K@Example.org", made.GetEmail(), "as she spells it")
		require.True(t, proto.Equal(made, d.get(made.GetName())), "%v", d.get(made.GetName()))
		require.Equal(t, made.GetName(), d.owner("OKSANA.K@example.org"))
		require.Equal(t, made.GetName(), d.owner("00380 44 1234567"))
		facts := d.heard()
		require.Len(t, facts, 2)
		require.Equal(t, said{contactChanged, made.GetName(), 1, facts[0].contact}, facts[0])
		require.Equal(t, said{"kept.customer.v1.CustomerCreated", made.GetName(), 1, nil}, facts[1])
		require.True(t, proto.Equal(&customerv1.CustomerContactChanged{
			Customer: made.GetName(), DisplayName: "Oksana", LanguageCode: "uk", Email: "Oksana.K@Example.org", Phone: "+380441234567",
			EmailConfirmed: true,
		}, facts[0].contact))
	})
}

func TestTwoWithoutContacts(t *testing.T) {
	onBoth(t, func(t *testing.T, d *desk) {
		for range 2 {
			made := d.created(&customerv1.Customer{DisplayName: "Guest"})
			require.True(t, proto.Equal(made, d.get(made.GetName())))
		}
		require.Zero(t, d.count("identity"))
		require.Len(t, d.heard(), 4)
	})
}

// wrong are customers that are refused, by the field that is at fault.
func wrong() map[string]*customerv1.Customer {
	long := strings.Repeat("я", 201)
	in := func(a *postaladdress.PostalAddress) *customerv1.Customer {
		return &customerv1.Customer{DisplayName: "Oksana", Addresses: append(home("Kyiv"), &customerv1.Customer_Address{Label: "Work", Address: a})}
	}
	return map[string]*customerv1.Customer{
		"customer.display_name":                          {LanguageCode: "uk"},
		"customer.email":                                 {DisplayName: "Oksana", Email: "oksana"},
		"customer.phone":                                 {DisplayName: "Oksana", Phone: "044 123 45 67"},
		"customer.addresses[1].address.region_code":      in(&postaladdress.PostalAddress{RegionCode: long}),
		"customer.addresses[1].address.locality":         in(&postaladdress.PostalAddress{Locality: long}),
		"customer.addresses[1].address.address_lines[1]": in(&postaladdress.PostalAddress{AddressLines: []string{"", long}}),
		"customer.addresses[1].address.recipients":       in(&postaladdress.PostalAddress{Recipients: make([]string, 11)}),
	}
}

func TestWhatIsWrongIsRefusedByField(t *testing.T) {
	onBoth(t, func(t *testing.T, d *desk) {
		made := d.created(&customerv1.Customer{DisplayName: "Oksana"})
		for field, c := range wrong() {
			_, err := d.create(c)
			require.Equal(t, codes.InvalidArgument, errs.KindOf(err), field)
			require.True(t, strings.HasPrefix(err.Error(), field+": "), "%v", err)
			changed := proto.CloneOf(c)
			changed.Name = made.GetName()
			_, err = d.update(changed, strings.FieldsFunc(field, func(r rune) bool { return strings.ContainsRune(".[", r) })[1])
			require.Equal(t, codes.InvalidArgument, errs.KindOf(err), field)
			require.True(t, strings.HasPrefix(err.Error(), field+": "), "%v", err)
		}
		require.EqualValues(t, 1, d.count("customer"))
		require.True(t, proto.Equal(made, d.get(made.GetName())))
		for field, request := range map[string]*customerv1.Customer{
			"customer.name": {Name: "gadgets/1", DisplayName: "x"}, "update_mask": {Name: made.GetName(), DisplayName: "x"},
		} {
			_, err := d.update(request, "create_time")
			require.Equal(t, codes.InvalidArgument, errs.KindOf(err))
			require.ErrorContains(t, err, field)
		}
		_, err := d.update(&customerv1.Customer{Name: "customers/nobody", DisplayName: "x"})
		require.Equal(t, codes.NotFound, errs.KindOf(err))
	})
}

// Many register at the same moment, each in one of two spellings.
func TestOfManyAtOnceOneGetsTheContact(t *testing.T) {
	onBoth(t, func(t *testing.T, d *desk) {
		for field, spellings := range map[string][]*customerv1.Customer{
			"customer.email": {{Email: "anna@example.org"}, {Email: "Anna <ANNA@example.org>"}},
			"customer.phone": {{Phone: "(044) 123 45 67", RegionCode: "UA"}, {Phone: "00380441234567"}},
		} {
			var crowd sync.WaitGroup
			ctx, faults, before := d.as(anna), make([]error, 40), d.count("customer")
			for i := range faults {
				wanted := proto.CloneOf(spellings[i%2])
				wanted.DisplayName = fmt.Sprint("Anna ", i)
				crowd.Go(func() { _, faults[i] = d.CreateCustomer(ctx, &customerv1.CreateCustomerRequest{Customer: wanted}) })
			}
			crowd.Wait()
			won := 0
			for _, err := range faults {
				if err == nil {
					won++
					continue
				}
				require.Equal(t, codes.AlreadyExists, errs.KindOf(err), "%v", err)
				require.Equal(t, "IDENTITY_TAKEN", errs.ReasonOf(err))
				require.ErrorContains(t, err, field)
			}
			require.Equal(t, 1, won)
			require.Equal(t, before+1, d.count("customer"), "who is refused leaves nothing")
			require.Len(t, d.heard(), 2)
		}
	})
}
