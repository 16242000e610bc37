package customer_test

import (
	"context"
	"os"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/fieldmaskpb"

	"kept.dev/kit"
	"kept.dev/kit/access"
	"kept.dev/kit/clock"
	"kept.dev/kit/errs"
	"kept.dev/kit/keyring"
	"kept.dev/kit/kittest"
	"kept.dev/kit/outbox"
	"kept.dev/kit/sqldb"
	accessv1 "kept.dev/proto/gen/kept/access/v1"
	customerv1 "kept.dev/proto/gen/kept/customer/v1"
	"kept.dev/services/customer/internal/customer"
	"kept.dev/services/customer/internal/identity"
)

var signer = keyring.NewSigner(make([]byte, 32))

// desk is the service, and the identities beside it.
type desk struct {
	*customer.Service
	identities *identity.Service
	t          testing.TB
	db         *sqldb.DB
	clock      *clock.Sandbox
}

func onBoth(t *testing.T, test func(t *testing.T, d *desk)) {
	kittest.OnBoth(t, func(t *testing.T, db *sqldb.DB) {
		require.NoError(t, db.Migrate(t.Context(), os.DirFS("../../migrations"), "schema_version"))
		d := &desk{t: t, db: db, clock: &clock.Sandbox{}}
		deps := kit.Deps{DB: db, Clock: d.clock, Outbox: outbox.New("customer", d.clock), Signer: signer}
		d.Service, d.identities = customer.New(deps), identity.New(deps)
		test(t, d)
	})
}

// anna is an agent, and vouches for what she says of customers.
var anna = access.Principal{Role: accessv1.Role_ROLE_AGENT, Subject: "agents/anna"}

func (d *desk) as(who access.Principal) context.Context { return access.With(d.t.Context(), who) }

func (d *desk) create(c *customerv1.Customer) (*customerv1.Customer, error) {
	return d.CreateCustomer(d.as(anna), &customerv1.CreateCustomerRequest{Customer: c})
}

func (d *desk) created(c *customerv1.Customer) *customerv1.Customer {
	made, err := d.create(c)
	require.NoError(d.t, err)
	return made
}

// update changes the named fields of the customer; those that are not empty when none is named.
func (d *desk) update(c *customerv1.Customer, paths ...string) (*customerv1.Customer, error) {
	d.clock.Advance(d.clock.Offset() + time.Second)
	return d.UpdateCustomer(d.as(anna), &customerv1.UpdateCustomerRequest{
		Customer: c, UpdateMask: &fieldmaskpb.FieldMask{Paths: paths},
	})
}

func (d *desk) updated(c *customerv1.Customer, paths ...string) *customerv1.Customer {
	after, err := d.update(c, paths...)
	require.NoError(d.t, err)
	require.True(d.t, proto.Equal(after, d.get(c.GetName())), "the answer is what is kept: %v", after)
	return after
}

func (d *desk) get(name string) *customerv1.Customer {
	c, err := d.GetCustomer(d.t.Context(), &customerv1.GetCustomerRequest{Name: name})
	require.NoError(d.t, err)
	return c
}

// owner is whose the value is, or empty.
func (d *desk) owner(value string) string {
	i, err := d.identities.ResolveIdentity(d.t.Context(), &customerv1.ResolveIdentityRequest{Value: value})
	if err != nil {
		require.Equal(d.t, errs.KindNotFound, errs.KindOf(err))
	}
	return i.GetCustomer()
}

// count is how many rows the table has.
func (d *desk) count(table string) int64 {
	return kittest.Number(d.t, d.db, `select count(*) from `+table)
}

// said is a fact, and the version of its subject.
type said struct {
	kind    string
	subject string
	version int64
	contact *customerv1.CustomerContactChanged
}

// heard takes what has been said since it was last asked, in the order of versions.
func (d *desk) heard() []said {
	rows, err := d.db.Query(d.t.Context(), `select type, subject, version, data from outbox order by version, type`)
	require.NoError(d.t, err)
	all, err := sqldb.All(rows, func(r *sqldb.Rows) (s said, err error) {
		var data []byte
		if err := r.Scan(&s.kind, &s.subject, &s.version, &data); err != nil || s.kind != contactChanged {
			return s, err
		}
		s.contact = &customerv1.CustomerContactChanged{}
		return s, proto.Unmarshal(data, s.contact)
	})
	require.NoError(d.t, err)
	kittest.Exec(d.t, d.db, `delete from outbox`)
	return all
}

const contactChanged = "kept.customer.v1.CustomerContactChanged"
