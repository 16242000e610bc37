package identity_test

import (
	"context"
	"fmt"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/proto"

	"kept.dev/kit"
	"kept.dev/kit/clock"
	"kept.dev/kit/errs"
	"kept.dev/kit/kittest"
	"kept.dev/kit/sqldb"
	customerv1 "kept.dev/proto/gen/kept/customer/v1"
	"kept.dev/services/customer/internal/identity"
)

const (
	anna  = "customers/anna"
	ben   = "customers/ben"
	email = customerv1.Identity_EMAIL
	phone = customerv1.Identity_PHONE
	extID = customerv1.Identity_EXTERNAL_ID
)

// desk is the service with two customers who have no identities yet.
type desk struct {
	*identity.Service
	t     testing.TB
	db    *sqldb.DB
	clock *clock.Sandbox
}

func onBoth(t *testing.T, test func(t *testing.T, d *desk)) {
	kittest.OnBoth(t, func(t *testing.T, db *sqldb.DB) {
		require.NoError(t, db.Migrate(t.Context(), os.DirFS("../../migrations"), "schema_version"))
		for _, name := range []string{"anna", "ben"} {
			kittest.Exec(t, db, `
				insert into customer (id, version, display_name, language_code, email, phone, region_code, addresses, created)
				values ($1, 1, $1, '', '', '', '', $2, 0)`, name, []byte{})
		}
		d := &desk{t: t, db: db, clock: &clock.Sandbox{}}
		d.Service = identity.New(kit.Deps{DB: db, Clock: d.clock})
		test(t, d)
	})
}

func (d *desk) create(parent string, i *customerv1.Identity) (*customerv1.Identity, error) {
	d.clock.Advance(d.clock.Offset() + time.Second)
	return d.CreateIdentity(d.t.Context(), &customerv1.CreateIdentityRequest{Parent: parent, Identity: i})
}

func (d *desk) created(parent string, kind customerv1.Identity_Kind, issuer, value string) *customerv1.Identity {
	i, err := d.create(parent, &customerv1.Identity{Kind: kind, Issuer: issuer, Value: value, RegionCode: "UA"})
	require.NoError(d.t, err)
	return i
}

func (d *desk) resolve(value string) (*customerv1.Identity, error) {
	return d.ResolveIdentity(d.t.Context(), &customerv1.ResolveIdentityRequest{Value: value, RegionCode: "UA"})
}

// owner is whose the value is, or empty.
func (d *desk) owner(value string) string {
	i, err := d.resolve(value)
	if err != nil {
		require.Equal(d.t, codes.NotFound, errs.KindOf(err))
	}
	return i.GetCustomer()
}

func (d *desk) list(parent string) []*customerv1.Identity {
	list, err := d.ListIdentities(d.t.Context(), &customerv1.ListIdentitiesRequest{Parent: parent})
	require.NoError(d.t, err)
	return list.GetIdentities()
}

// contact makes the value what the customer is written to or called at, as the customer's own update does.
func (d *desk) contact(customer string, k identity.Key) error {
	return d.db.Update(d.t.Context(), "test", func(tx *sqldb.Tx) error {
		return identity.MoveContact(tx, customer, k, d.clock.Now(), "customer.email")
	})
}

func address(text string) identity.Key {
	read, _ := identity.ReadEmail(text)
	return identity.EmailKey(read)
}

func TestWhoeverCallsIsKnown(t *testing.T) {
	onBoth(t, func(t *testing.T, d *desk) {
		number := d.created(anna, phone, "", "044 123 45 67")
		require.Equal(t, "+380441234567", number.GetValue())
		require.True(t, strings.HasPrefix(number.GetName(), anna+"/identities/"))
		require.Equal(t, anna, number.GetCustomer())
		require.Empty(t, number.GetRegionCode())
		d.created(ben, email, "", "Ben <Ben@Example.ORG>")
		d.created(ben, extID, "erp", " K-1 ")
		for value, want := range map[string]string{
			"+380 (44) 123-45-67": anna, "00380441234567": anna, "tel:0441234567": anna, "sip:0441234567@pbx.example": anna, "0441234568": "",
			"BEN@example.org": ben, "mailto:ben@example.org": ben, "xben@example.org": "", "K-1": "", "anonymous": "", "@": "",
		} {
			require.Equal(t, want, d.owner(value), value)
		}
		found, err := d.resolve("0441234567")
		require.NoError(t, err)
		require.True(t, proto.Equal(number, found), "%v and %v", number, found)
	})
}

func TestResolveByKindAndIssuer(t *testing.T) {
	onBoth(t, func(t *testing.T, d *desk) {
		d.created(anna, extID, "erp", "0441234567")
		d.created(ben, extID, "shop", "0441234567")
		for _, test := range []struct {
			kind   customerv1.Identity_Kind
			issuer string
			want   string
			code   codes.Code
			field  string
		}{
			{0, "erp", anna, codes.OK, ""},
			{extID, "shop", ben, codes.OK, ""},
			{0, "web", "", codes.NotFound, ""},
			{0, "", "", codes.NotFound, ""}, // a number, and nobody's
			{extID, "", "", codes.InvalidArgument, "issuer"},
			{phone, "erp", "", codes.InvalidArgument, "issuer"},
			{email, "", "", codes.NotFound, ""},
		} {
			found, err := d.ResolveIdentity(t.Context(), &customerv1.ResolveIdentityRequest{
				Value: "0441234567", Kind: test.kind, Issuer: test.issuer, RegionCode: "UA",
			})
			require.Equal(t, test.code, errs.KindOf(err), "%v", test)
			require.Equal(t, test.want, found.GetCustomer(), "%v", test)
			if test.field != "" {
				require.ErrorContains(t, err, test.field)
			}
		}
	})
}

// An error must not carry into logs what somebody typed.
func TestErrorsDoNotRepeatTheValue(t *testing.T) {
	onBoth(t, func(t *testing.T, d *desk) {
		d.created(anna, email, "", "secret@example.org")
		_, unknown := d.resolve("secret2@example.org")
		_, unreadable := d.resolve("secret")
		_, taken := d.create(ben, &customerv1.Identity{Kind: email, Value: "secret@example.org"})
		_, wrong := d.create(ben, &customerv1.Identity{Kind: phone, Value: "secret"})
		for _, err := range []error{unknown, unreadable, taken, wrong} {
			require.Error(t, err)
			require.NotContains(t, err.Error()+fmt.Sprint(status.Convert(err).Details()), "secret")
		}
	})
}

func TestCreateRefuses(t *testing.T) {
	onBoth(t, func(t *testing.T, d *desk) {
		for field, wrong := range map[string][]*customerv1.Identity{
			"identity.value: ": {
				{Kind: email, Value: "anna"}, {Kind: phone, Value: "12"}, {Kind: phone, Value: "044 123 45 67"}, {Kind: extID, Issuer: "erp", Value: " \t"},
			},
			"identity.issuer: ": {{Kind: extID, Value: "K-1"}, {Kind: email, Issuer: "erp", Value: "anna@example.org"}},
		} {
			for _, i := range wrong {
				_, err := d.create(anna, i)
				require.Equal(t, codes.InvalidArgument, errs.KindOf(err), "%v", i)
				require.ErrorContains(t, err, field)
			}
		}
		_, err := d.create("customers/nobody", &customerv1.Identity{Kind: email, Value: "nobody@example.org"})
		require.Equal(t, codes.NotFound, errs.KindOf(err))
		require.Empty(t, d.owner("nobody@example.org"))
	})
}

func TestAnIdentityIsOneCustomers(t *testing.T) {
	onBoth(t, func(t *testing.T, d *desk) {
		first := d.created(anna, email, "", "anna@example.org")
		_, err := d.create(ben, &customerv1.Identity{Kind: email, Value: "ANNA@example.org"})
		require.Equal(t, codes.AlreadyExists, errs.KindOf(err))
		require.Equal(t, "IDENTITY_TAKEN", errs.ReasonOf(err))
		require.ErrorContains(t, err, "identity.value")
		_, err = d.create(anna, &customerv1.Identity{Kind: email, Value: "mailto:anna@example.org"})
		require.Equal(t, codes.AlreadyExists, errs.KindOf(err))
		require.Equal(t, "ALREADY_EXISTS", errs.ReasonOf(err))
		require.ErrorContains(t, err, first.GetName())
		require.Len(t, d.list(anna), 1)
		require.Empty(t, d.list(ben))
	})
}

func TestOfManyAtOnceOneGetsTheIdentity(t *testing.T) {
	onBoth(t, func(t *testing.T, d *desk) {
		var crowd sync.WaitGroup
		ctx, faults := t.Context(), make([]error, 40)
		for i := range faults {
			crowd.Go(func() {
				_, faults[i] = d.CreateIdentity(ctx, &customerv1.CreateIdentityRequest{
					Parent: []string{anna, ben}[i%2], Identity: &customerv1.Identity{Kind: phone, Value: "+380441234567"},
				})
			})
		}
		crowd.Wait()
		won, owner := 0, d.owner("+380441234567")
		for i, err := range faults {
			mine := []string{anna, ben}[i%2] == owner
			if err == nil {
				require.True(t, mine)
				won++
				continue
			}
			require.Equal(t, codes.AlreadyExists, errs.KindOf(err), "%v", err)
			require.Equal(t, mine, errs.ReasonOf(err) != "IDENTITY_TAKEN", "%v", err)
		}
		require.Equal(t, 1, won)
	})
}

func TestListIdentities(t *testing.T) {
	onBoth(t, func(t *testing.T, d *desk) {
		d.created(ben, extID, "erp", "other")
		var want []string
		for i := range 7 {
			want = append(want, d.created(anna, extID, "erp", fmt.Sprint("K-", 9-i)).GetName())
		}
		var got []string
		request := &customerv1.ListIdentitiesRequest{Parent: anna, PageSize: 3}
		for page := 0; page == 0 || request.GetPageToken() != ""; page++ {
			list, err := d.ListIdentities(t.Context(), request)
			require.NoError(t, err)
			for _, i := range list.GetIdentities() {
				got = append(got, i.GetName())
			}
			request.PageToken = list.GetNextPageToken()
		}
		require.Equal(t, want, got, "the oldest first")
		_, err := d.ListIdentities(t.Context(), &customerv1.ListIdentitiesRequest{Parent: "customers/nobody"})
		require.Equal(t, codes.NotFound, errs.KindOf(err))
	})
}

func TestDeleteIdentity(t *testing.T) {
	onBoth(t, func(t *testing.T, d *desk) {
		added := d.created(anna, extID, "erp", "K-1")
		require.NoError(t, d.contact(anna, address("anna@example.org")))
		contact, err := d.resolve("anna@example.org")
		require.NoError(t, err)
		remove := func(name string) error {
			_, err := d.DeleteIdentity(t.Context(), &customerv1.DeleteIdentityRequest{Name: name})
			return err
		}
		require.Equal(t, "IDENTITY_IN_USE", errs.ReasonOf(remove(contact.GetName())))
		require.Equal(t, codes.NotFound, errs.KindOf(remove(strings.Replace(added.GetName(), anna, ben, 1))), "not Ben's")
		require.NoError(t, remove(added.GetName()))
		require.Equal(t, codes.NotFound, errs.KindOf(remove(added.GetName())))
		require.Len(t, d.list(anna), 1)
	})
}

// What was added by itself outlives its time as a contact; what was only a contact does not.
func TestMoveContact(t *testing.T) {
	onBoth(t, func(t *testing.T, d *desk) {
		added := d.created(anna, email, "", "added@example.org")
		d.created(ben, email, "", "ben@example.org")
		for _, step := range []struct {
			to            string
			first, second bool // whether first@ and second@ are hers afterwards
		}{
			{"first@example.org", true, false},
			{"First@example.org", true, false},
			{"added@example.org", false, false},
			{"second@example.org", false, true},
			{"", false, false},
			{"first@example.org", true, false},
		} {
			require.NoError(t, d.contact(anna, address(step.to)), step.to)
			require.Equal(t, step.first, d.owner("first@example.org") == anna, step.to)
			require.Equal(t, step.second, d.owner("second@example.org") == anna, step.to)
			kept, err := d.resolve("added@example.org")
			require.NoError(t, err)
			require.True(t, proto.Equal(added, kept))
			_, err = d.DeleteIdentity(t.Context(), &customerv1.DeleteIdentityRequest{Name: added.GetName()})
			if step.to == "added@example.org" {
				require.Equal(t, "IDENTITY_IN_USE", errs.ReasonOf(err))
				continue
			}
			require.NoError(t, err)
			added = d.created(anna, email, "", "added@example.org")
		}
		require.Equal(t, "IDENTITY_TAKEN", errs.ReasonOf(d.contact(anna, address("ben@example.org"))))
		require.Equal(t, anna, d.owner("first@example.org"), "a refused move moves nothing")
		d.created(anna, email, "", "first@example.org")
		require.NoError(t, d.contact(anna, address("")))
		require.Equal(t, anna, d.owner("first@example.org"), "it had been added since")
	})
}

func TestResolveReadsOneIndex(t *testing.T) {
	db := kittest.Open(t, kittest.NewURL(t, "sqlite"))
	require.NoError(t, db.Migrate(t.Context(), os.DirFS("../../migrations"), "schema_version"))
	require.Equal(t, []string{"SEARCH identity USING INDEX identity_value_key (kind=? AND issuer=? AND value=?)"},
		plan(t.Context(), t, db, identity.SelectByKey))
}

// plan is how SQLite runs a query. It calls the key by a name of its own.
func plan(ctx context.Context, t testing.TB, db *sqldb.DB, query string) []string {
	rows, err := db.Query(ctx, "explain query plan "+query, 1, "", "")
	require.NoError(t, err)
	steps, err := sqldb.All(rows, func(r *sqldb.Rows) (detail string, err error) {
		var id, parent, unused int64
		err = r.Scan(&id, &parent, &unused, &detail)
		return strings.Replace(detail, "sqlite_autoindex_identity_2", "identity_value_key", 1), err
	})
	require.NoError(t, err)
	return steps
}
