package customer_test

import (
	"fmt"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"
	"google.golang.org/grpc/codes"
	"google.golang.org/protobuf/proto"

	"kept.dev/kit/errs"
	"kept.dev/kit/kittest"
	customerv1 "kept.dev/proto/gen/kept/customer/v1"
)

// change is an update, what it does to the customer, and whether the others are told.
type change struct {
	change *customerv1.Customer
	mask   []string
	want   func(c *customerv1.Customer)
	told   bool
}

func changes() map[string]change {
	return map[string]change{
		"without a mask, what is not empty": {
			&customerv1.Customer{DisplayName: "Olha", LanguageCode: "en"}, nil,
			func(c *customerv1.Customer) { c.DisplayName, c.LanguageCode = "Olha", "en" }, true,
		},
		"with a mask, only that": {
			&customerv1.Customer{DisplayName: "Olha", LanguageCode: "en"}, []string{"language_code"},
			func(c *customerv1.Customer) { c.LanguageCode = "en" }, true,
		},
		"with a mask, what is empty goes": {
			&customerv1.Customer{DisplayName: "Olha"}, []string{"language_code", "email", "phone"},
			func(c *customerv1.Customer) { c.LanguageCode, c.Email, c.Phone = "", "", "" }, true,
		},
		"everything": {
			&customerv1.Customer{DisplayName: "Olha", Phone: "+1 800 FLOWERS"}, []string{"*"},
			func(c *customerv1.Customer) {
				*c = customerv1.Customer{Name: c.GetName(), CreateTime: c.GetCreateTime(), DisplayName: "Olha", Phone: "+18003569377"}
			}, true,
		},
		"a number of the region that is known": {
			&customerv1.Customer{Phone: "067 765 43 21", RegionCode: "US"}, []string{"phone"},
			func(c *customerv1.Customer) { c.Phone = "+380677654321" }, true,
		},
		"a number of the new region": {
			&customerv1.Customer{Phone: "(202) 555-0142", RegionCode: "US"}, []string{"phone", "region_code"},
			func(c *customerv1.Customer) { c.Phone, c.RegionCode = "+12025550142", "US" }, true,
		},
		"the same number in other words": {
			&customerv1.Customer{Phone: "tel:+380441234567"}, []string{"phone"}, func(*customerv1.Customer) {}, false,
		},
		"the same address in other letters": {
			&customerv1.Customer{Email: "mailto:oksana.k@example.org"}, []string{"email"},
			func(c *customerv1.Customer) { c.Email = "oksana.k@example.org" }, true,
		},
		"what others need not know": {
			&customerv1.Customer{Addresses: home("Lviv"), RegionCode: "PL"}, nil,
			func(c *customerv1.Customer) { c.Addresses, c.RegionCode = home("Lviv"), "PL" }, false,
		},
		"nothing": {&customerv1.Customer{}, nil, func(*customerv1.Customer) {}, false},
	}
}

func TestUpdateCustomer(t *testing.T) {
	onBoth(t, func(t *testing.T, d *desk) {
		for name, c := range changes() {
			want := d.created(oksana())
			d.heard()
			c.change.Name, c.change.Etag = want.GetName(), want.GetEtag()
			after := d.updated(c.change, c.mask...)
			c.want(want)
			want.EmailConfirmed, want.PhoneConfirmed = want.GetEmail() != "", want.GetPhone() != ""
			want.Etag = "2"
			require.True(t, proto.Equal(want, after), "%s: %v\n%v", name, want, after)
			require.Equal(t, c.told, d.told(after, 2), name)
			kittest.Exec(t, d.db, `delete from identity`)
		}
	})
}

// told tells whether the others have been told of the customer's contacts, and of nothing else.
func (d *desk) told(c *customerv1.Customer, version int64) bool {
	facts := d.heard()
	if len(facts) == 0 {
		return false
	}
	require.Len(d.t, facts, 1)
	require.Equal(d.t, said{contactChanged, c.GetName(), version, facts[0].contact}, facts[0])
	require.True(d.t, proto.Equal(&customerv1.CustomerContactChanged{
		Customer: c.GetName(), DisplayName: c.GetDisplayName(), LanguageCode: c.GetLanguageCode(), Email: c.GetEmail(), Phone: c.GetPhone(),
		EmailConfirmed: c.GetEmailConfirmed(),
	}, facts[0].contact))
	return true
}

func TestAnIdentityFollowsTheContact(t *testing.T) {
	onBoth(t, func(t *testing.T, d *desk) {
		made := d.created(oksana())
		ben := d.created(&customerv1.Customer{DisplayName: "Ben", Email: "ben@example.org"})
		listed := func() (values []string) {
			list, err := d.identities.ListIdentities(t.Context(), &customerv1.ListIdentitiesRequest{Parent: made.GetName()})
			require.NoError(t, err)
			for _, i := range list.GetIdentities() {
				values = append(values, i.GetValue())
			}
			return values
		}
		to := func(email string) error {
			_, err := d.update(&customerv1.Customer{Name: made.GetName(), Email: email}, "email")
			return err
		}
		require.ElementsMatch(t, []string{"oksana.k@example.org", "+380441234567"}, listed())
		require.NoError(t, to("new@example.org"))
		require.ElementsMatch(t, []string{"new@example.org", "+380441234567"}, listed())
		_, err := d.identities.CreateIdentity(t.Context(), &customerv1.CreateIdentityRequest{
			Parent: made.GetName(), Identity: &customerv1.Identity{Kind: customerv1.Identity_EMAIL, Value: "new@example.org"},
		})
		require.NoError(t, err)
		require.NoError(t, to("newer@example.org"))
		require.ElementsMatch(t, []string{"new@example.org", "newer@example.org", "+380441234567"}, listed(), "added meanwhile, so it stays")
		d.heard()

		err = to("BEN@example.org")
		require.Equal(t, "IDENTITY_TAKEN", errs.ReasonOf(err))
		require.ErrorContains(t, err, "customer.email")
		require.Equal(t, ben.GetName(), d.owner("ben@example.org"))
		require.Equal(t, "newer@example.org", d.get(made.GetName()).GetEmail())
		require.Empty(t, d.heard())
		require.NoError(t, to(""))
		require.ElementsMatch(t, []string{"new@example.org", "+380441234567"}, listed())
		ben.Email = "newer@example.org"
		require.Equal(t, "newer@example.org", d.updated(ben).GetEmail(), "free again")
	})
}

func TestAnOldEtagIsRefused(t *testing.T) {
	onBoth(t, func(t *testing.T, d *desk) {
		seen := d.created(oksana())
		d.updated(&customerv1.Customer{Name: seen.GetName(), DisplayName: "Olha"})
		d.heard()
		for _, etag := range []string{"1", "3", "nonsense"} {
			_, err := d.update(&customerv1.Customer{Name: seen.GetName(), Etag: etag, DisplayName: "Olena"})
			require.Equal(t, codes.Aborted, errs.KindOf(err))
			require.Equal(t, "ETAG_MISMATCH", errs.ReasonOf(err))
		}
		require.Equal(t, "Olha", d.get(seen.GetName()).GetDisplayName())
		require.Equal(t, "2", d.get(seen.GetName()).GetEtag())
		require.Empty(t, d.heard())
		require.Equal(t, "Olena", d.updated(&customerv1.Customer{Name: seen.GetName(), Etag: "2", DisplayName: "Olena"}).GetDisplayName())
	})
}

// Many change one field or the other at the same moment. Each makes a version of its own, and from one version to the next only what
// somebody changed is different: nobody writes over what they have not seen.
func TestNoUpdateIsLost(t *testing.T) {
	const each, rounds = 10, 4
	onBoth(t, func(t *testing.T, d *desk) {
		made := d.created(oksana())
		facts := d.heard()[:1]
		for round := range rounds {
			var changed []*customerv1.Customer
			for i := range each {
				changed = append(changed, &customerv1.Customer{DisplayName: fmt.Sprint("Name ", round, i)},
					&customerv1.Customer{Email: fmt.Sprintf("mail%d-%d@example.org", round, i)},
					&customerv1.Customer{Addresses: home(fmt.Sprint("Street ", round, i))})
			}
			d.crowd(made.GetName(), changed)
		}
		last := d.get(made.GetName())
		facts = append(facts, d.heard()...)
		require.Equal(t, fmt.Sprint(1+rounds*3*each), last.GetEtag())
		require.Equal(t, made.GetName(), d.owner(last.GetEmail()))
		require.EqualValues(t, 2, d.count("identity"), "one address and one number")
		require.Len(t, facts, 1+rounds*2*each)
		for i, f := range facts[1:] {
			before, after := facts[i].contact, f.contact
			require.NotEqual(t, facts[i].version, f.version)
			require.NotEqual(t, before.GetDisplayName() == after.GetDisplayName(), before.GetEmail() == after.GetEmail(),
				"one thing changed: %v, then %v", before, after)
		}
		newest := facts[len(facts)-1].contact
		require.Equal(t, []string{last.GetDisplayName(), last.GetEmail()}, []string{newest.GetDisplayName(), newest.GetEmail()})
	})
}

// crowd makes all the changes to one customer at once.
func (d *desk) crowd(name string, changed []*customerv1.Customer) {
	var crowd sync.WaitGroup
	ctx, faults := d.as(anna), make([]error, len(changed))
	for i, c := range changed {
		c.Name = name
		crowd.Go(func() { _, faults[i] = d.UpdateCustomer(ctx, &customerv1.UpdateCustomerRequest{Customer: c}) })
	}
	crowd.Wait()
	for _, err := range faults {
		require.NoError(d.t, err)
	}
}

func TestOfManyWithOneEtagOneIsHeard(t *testing.T) {
	onBoth(t, func(t *testing.T, d *desk) {
		made := d.created(oksana())
		var crowd sync.WaitGroup
		ctx, faults := d.as(anna), make([]error, 20)
		for i := range faults {
			crowd.Go(func() {
				_, faults[i] = d.UpdateCustomer(ctx, &customerv1.UpdateCustomerRequest{
					Customer: &customerv1.Customer{Name: made.GetName(), Etag: "1", DisplayName: fmt.Sprint("Name ", i)},
				})
			})
		}
		crowd.Wait()
		won := 0
		for _, err := range faults {
			if err == nil {
				won++
				continue
			}
			require.Equal(t, "ETAG_MISMATCH", errs.ReasonOf(err))
		}
		require.Equal(t, 1, won)
		require.Equal(t, "2", d.get(made.GetName()).GetEtag())
	})
}
