package customer_test

import (
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"google.golang.org/grpc/codes"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/fieldmaskpb"

	"kept.dev/kit/access"
	"kept.dev/kit/errs"
	accessv1 "kept.dev/proto/gen/kept/access/v1"
	customerv1 "kept.dev/proto/gen/kept/customer/v1"
	"kept.dev/services/customer/internal/customer"
)

// setsOwn has the customer set their own e-mail address or number, and returns the confirmation whose code is mailed, if one is.
func (d *desk) setsOwn(name string, c *customerv1.Customer, paths ...string) (*customerv1.Customer, string) {
	d.heard()
	c.Name = name
	self := access.Principal{Role: accessv1.Role_ROLE_CUSTOMER, Subject: name}
	after, err := d.UpdateCustomer(d.as(self), &customerv1.UpdateCustomerRequest{Customer: c, UpdateMask: &fieldmaskpb.FieldMask{Paths: paths}})
	require.NoError(d.t, err)
	require.True(d.t, proto.Equal(after, d.get(name)))
	return after, d.mailed()
}

// mailed is the confirmation whose code is to be mailed, if the facts since the last look say so.
func (d *desk) mailed() (confirmation string) {
	for _, f := range d.heard() {
		if c := f.contact; c != nil && !c.GetEmailConfirmed() {
			confirmation = c.GetEmailConfirmation()
		}
	}
	return confirmation
}

func (d *desk) confirms(name, confirmation string) (*customerv1.Customer, error) {
	code := signer.Code(customer.CodePurpose, confirmation)
	return d.ConfirmEmail(d.t.Context(), &customerv1.ConfirmEmailRequest{Name: name, Code: code})
}

func TestAnAddressThatCustomersSetThemselvesIsConfirmedByACode(t *testing.T) {
	onBoth(t, func(t *testing.T, d *desk) {
		made := d.created(oksana())
		require.True(t, made.GetEmailConfirmed() && made.GetPhoneConfirmed(), "an employee vouches for them")
		after, confirmation := d.setsOwn(made.GetName(), &customerv1.Customer{Email: "New@example.org", Phone: "+380 44 765 43 21"}, "email", "phone")
		require.Equal(t, "New@example.org +380447654321", after.GetEmail()+" "+after.GetPhone())
		require.False(t, after.GetEmailConfirmed() || after.GetPhoneConfirmed())
		require.NotEmpty(t, confirmation)
		require.Empty(t, d.owner("new@example.org"), "no identity yet")
		require.Empty(t, d.owner("+380447654321"))
		require.Equal(t, made.GetName(), d.owner("oksana.k@example.org"), "what was confirmed stays theirs meanwhile")

		_, err := d.ConfirmEmail(t.Context(), &customerv1.ConfirmEmailRequest{Name: made.GetName(), Code: d.wrong(confirmation)})
		require.Equal(t, codes.InvalidArgument, errs.KindOf(err))
		d.heard()
		after, err = d.confirms(made.GetName(), confirmation)
		require.NoError(t, err)
		require.True(t, after.GetEmailConfirmed())
		require.False(t, after.GetPhoneConfirmed())
		require.True(t, proto.Equal(after, d.get(made.GetName())))
		require.Equal(t, made.GetName(), d.owner("new@example.org"))
		require.Empty(t, d.owner("oksana.k@example.org"))
		facts := d.heard()
		require.Len(t, facts, 1)
		require.True(t, facts[0].contact.GetEmailConfirmed())
		require.Equal(t, confirmation, facts[0].contact.GetEmailConfirmation(), "so that what waited is mailed")

		_, err = d.confirms(made.GetName(), confirmation)
		require.Equal(t, "EMAIL_CONFIRMED", errs.ReasonOf(err))
		_, err = d.SendEmailCode(t.Context(), &customerv1.SendEmailCodeRequest{Name: made.GetName()})
		require.Equal(t, "EMAIL_CONFIRMED", errs.ReasonOf(err))
		_, confirmation = d.setsOwn(made.GetName(), &customerv1.Customer{Email: "other@example.org"}, "email")
		require.NotEmpty(t, confirmation)
		after, confirmation = d.setsOwn(made.GetName(), &customerv1.Customer{Email: "NEW@example.org"}, "email")
		require.True(t, after.GetEmailConfirmed(), "their own again")
		require.Empty(t, confirmation)
		after, _ = d.setsOwn(made.GetName(), &customerv1.Customer{}, "email")
		require.False(t, after.GetEmailConfirmed())
		require.Empty(t, d.owner("new@example.org"))
		for name, want := range map[string]string{made.GetName(): "NO_EMAIL", "customers/nobody": "NOT_FOUND"} {
			_, err = d.SendEmailCode(t.Context(), &customerv1.SendEmailCodeRequest{Name: name})
			require.Equal(t, want, errs.ReasonOf(err))
		}
		_, err = d.confirms("customers/nobody", confirmation)
		require.Equal(t, "NOT_FOUND", errs.ReasonOf(err))
	})
}

// wrong is a code that is not the confirmation's.
func (d *desk) wrong(confirmation string) string {
	code := signer.Code(customer.CodePurpose, confirmation)
	return strings.Map(func(r rune) rune { return '0' + (r-'0'+1)%10 }, code)
}

// Whoever sets a stranger's address is answered as if it were nobody's, and gets nothing that is the stranger's.
func TestASelfSetAddressOfAnotherJoinsNothing(t *testing.T) {
	onBoth(t, func(t *testing.T, d *desk) {
		ben := d.created(&customerv1.Customer{DisplayName: "Ben", Email: "ben@example.org", Phone: "+380441110000"})
		eve := d.created(&customerv1.Customer{DisplayName: "Eve"})
		taken, confirmation := d.setsOwn(eve.GetName(), &customerv1.Customer{Email: "ben@example.org", Phone: "+380441110000"}, "email", "phone")
		free, _ := d.setsOwn(d.created(&customerv1.Customer{DisplayName: "Eve"}).GetName(), &customerv1.Customer{Email: "free@example.org", Phone: "+380441110001"}, "email", "phone")
		free.Email, free.Phone, free.Name, free.CreateTime = taken.GetEmail(), taken.GetPhone(), taken.GetName(), taken.GetCreateTime()
		require.True(t, proto.Equal(taken, free), "the same answer but for what was asked")
		require.Equal(t, ben.GetName(), d.owner("ben@example.org"))
		_, err := d.confirms(eve.GetName(), confirmation)
		require.Equal(t, "IDENTITY_TAKEN", errs.ReasonOf(err), "only whoever reads Ben's mail learns that")

		stranger, _ := d.setsOwn(eve.GetName(), &customerv1.Customer{Email: "stranger@example.org"}, "email")
		found := d.imported(&customerv1.ImportCustomersRequest_Record{ExternalId: "1", Email: "stranger@example.org"})
		require.True(t, found.GetCreated())
		require.NotEqual(t, stranger.GetName(), found.GetCustomer(), "a stranger's orders do not come over")
		require.True(t, d.get(found.GetCustomer()).GetEmailConfirmed())

		_, err = d.CreateCustomer(d.as(access.Principal{Role: accessv1.Role_ROLE_PARTNER, Subject: "partners/p"}),
			&customerv1.CreateCustomerRequest{Customer: &customerv1.Customer{DisplayName: "X", Email: "ben@example.org", EmailConfirmed: true, PhoneConfirmed: true}})
		require.NoError(t, err, "a partner learns as little")
		require.NotEmpty(t, d.mailed())
		require.Equal(t, ben.GetName(), d.owner("ben@example.org"))
	})
}

// imported is what became of one record.
func (d *desk) imported(r *customerv1.ImportCustomersRequest_Record) *customerv1.ImportCustomersResponse_Result {
	res, err := d.ImportCustomers(d.t.Context(), &customerv1.ImportCustomersRequest{Issuer: "erp", Records: []*customerv1.ImportCustomersRequest_Record{r}})
	require.NoError(d.t, err)
	return res.GetResults()[0]
}

func TestCodesAreFew(t *testing.T) {
	onBoth(t, func(t *testing.T, d *desk) {
		name := d.created(&customerv1.Customer{DisplayName: "Eve"}).GetName()
		code := func() (string, error) {
			d.heard()
			_, err := d.SendEmailCode(t.Context(), &customerv1.SendEmailCodeRequest{Name: name})
			return d.mailed(), err
		}
		_, first := d.setsOwn(name, &customerv1.Customer{Email: "stranger@example.org"}, "email")
		second, err := code()
		require.NoError(t, err)
		_, err = d.confirms(name, first)
		require.Equal(t, codes.InvalidArgument, errs.KindOf(err), "only the last one is good")
		d.clock.Advance(d.clock.Offset() + time.Hour)
		_, err = d.confirms(name, second)
		require.Equal(t, "CODE_EXPIRED", errs.ReasonOf(err))
		for range 3 {
			_, err = code()
			require.NoError(t, err)
		}
		_, err = code()
		require.Equal(t, "CODES_EXHAUSTED", errs.ReasonOf(err))
		after, confirmation := d.setsOwn(name, &customerv1.Customer{Email: "another@example.org"}, "email")
		require.Equal(t, "another@example.org", after.GetEmail(), "it may be set, and the code comes tomorrow")
		require.Empty(t, confirmation)

		mailed := 5
		for i := range 10 { // the stranger's address has had its five, but nobody is kept from it by others until it has had twenty
			other := d.created(&customerv1.Customer{DisplayName: fmt.Sprint("Eve ", i)}).GetName()
			for n := range 4 {
				if n == 0 {
					_, confirmation = d.setsOwn(other, &customerv1.Customer{Email: "Stranger@example.org"}, "email")
				} else {
					d.heard()
					_, err := d.SendEmailCode(t.Context(), &customerv1.SendEmailCodeRequest{Name: other})
					require.NoError(t, err, "answered as if it were mailed")
					confirmation = d.mailed()
				}
				require.Equal(t, n < 2 && mailed < 20, confirmation != "", "%d of customer %d, after %d", n, i, mailed)
				if confirmation != "" {
					mailed++
				}
			}
		}
		require.Equal(t, 20, mailed)
		d.clock.Advance(d.clock.Offset() + 24*time.Hour)
		confirmation, err = code()
		require.NoError(t, err)
		require.NotEmpty(t, confirmation)
		require.EqualValues(t, 1, d.count("email_confirmation"), "what is older than a day is not kept")
	})
}

// Many try at the same moment: five count, and no more, even where the right one comes after them.
func TestTriesAreFew(t *testing.T) {
	onBoth(t, func(t *testing.T, d *desk) {
		name := d.created(&customerv1.Customer{DisplayName: "Eve"}).GetName()
		_, confirmation := d.setsOwn(name, &customerv1.Customer{Email: "stranger@example.org"}, "email")
		var crowd sync.WaitGroup
		ctx, faults, wrong := t.Context(), make([]error, 20), d.wrong(confirmation)
		for i := range faults {
			crowd.Go(func() {
				_, faults[i] = d.ConfirmEmail(ctx, &customerv1.ConfirmEmailRequest{Name: name, Code: wrong})
			})
		}
		crowd.Wait()
		looked := 0
		for _, err := range faults {
			require.Error(t, err)
			if errs.KindOf(err) == codes.InvalidArgument {
				looked++
			}
		}
		require.Equal(t, 5, looked)
		_, err := d.confirms(name, confirmation)
		require.Equal(t, "CODE_EXPIRED", errs.ReasonOf(err))
	})
}

func TestAnEmployeeConfirmsByNamingAContactAgain(t *testing.T) {
	onBoth(t, func(t *testing.T, d *desk) {
		name := d.created(&customerv1.Customer{DisplayName: "Eve"}).GetName()
		own, _ := d.setsOwn(name, &customerv1.Customer{Email: "eve@example.org", Phone: "+380441110002"}, "email", "phone")
		own.DisplayName, own.Etag = "Eva", ""
		after := d.updated(own) // all that was read, without a mask
		require.False(t, after.GetEmailConfirmed() || after.GetPhoneConfirmed())
		after = d.updated(own, "display_name", "email", "phone") // all that was read, sent over REST
		require.False(t, after.GetEmailConfirmed() || after.GetPhoneConfirmed())
		own.Etag = ""
		d.heard()
		after = d.updated(own, "email", "phone")
		require.True(t, after.GetEmailConfirmed() && after.GetPhoneConfirmed())
		require.NotEmpty(t, d.heard()[0].contact.GetEmailConfirmation(), "what waited is mailed")
		require.Equal(t, name, d.owner("eve@example.org"))
		require.Equal(t, name, d.owner("+380441110002"))
	})
}
