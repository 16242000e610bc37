package identity

import (
	"strings"
	"time"

	"google.golang.org/protobuf/types/known/timestamppb"

	"kept.dev/kit/id"
	"kept.dev/kit/sqldb"
	customerv1 "kept.dev/proto/gen/kept/customer/v1"
)

const (
	customers  = "customers/"
	identities = "/identities/"
)

func customerID(name string) string { return strings.TrimPrefix(name, customers) }

// split takes a name of an identity apart: the ids of the customer and of the identity.
func split(name string) (customer, identity string) {
	customer, identity, _ = strings.Cut(customerID(name), identities)
	return customer, identity
}

const columns = `id, customer_id, kind, issuer, value, created`

func scan(r *sqldb.Rows) (*customerv1.Identity, error) {
	var id, customer string
	var kind, created int64
	i := &customerv1.Identity{}
	err := r.Scan(&id, &customer, &kind, &i.Issuer, &i.Value, &created)
	i.Customer = customers + customer
	i.Name = i.GetCustomer() + identities + id
	i.Kind = customerv1.Identity_Kind(kind)
	i.CreateTime = timestamppb.New(time.UnixMicro(created))
	return i, err
}

const selectByKey = `select ` + columns + ` from identity where kind = $1 and issuer = $2 and value = $3`

const (
	insertInto = `
	insert into identity (id, customer_id, kind, issuer, value, contact, added, created)
	values`
	insert = insertInto + ` ($1, $2, $3, $4, $5, $6, $7, $8)`
)

// An identity that the customer has already gets one more reason to stay. What is another's, or would be added twice, is left alone,
// and no row comes back.
const upsert = insert + `
	on conflict (kind, issuer, value) do update set
		contact = identity.contact or excluded.contact, added = identity.added or excluded.added
	where identity.customer_id = excluded.customer_id and (excluded.contact = true or identity.added = false)
	returning ` + columns

func arguments(customer string, k Key, contact bool, at time.Time) []any {
	return []any{id.New(), customer, int64(k.Kind), k.Issuer, k.Value, contact, !contact, at.UnixMicro()}
}

// InsertContact makes the key one by which a new customer is written to or called.
//
// Errors: ALREADY_EXISTS (IDENTITY_TAKEN) naming the field, where the key is another customer's.
func InsertContact(tx *sqldb.Tx, customer string, k Key, at time.Time, path string) {
	tx.Exec(insert, arguments(customerID(customer), k, true, at)...).Refuse("identity_value_key", Taken(path))
}

const selectHad = `select id from identity where kind = $1 and issuer = $2 and value = $3 and customer_id = $4`

// Has tells whether the key is an identity of the customer's.
func Has(tx *sqldb.Tx, customer string, k Key) (bool, error) {
	rows, err := tx.Query(selectHad, int64(k.Kind), k.Issuer, k.Value, customerID(customer))
	return err == nil && rows.Len() > 0, err
}

// What the customer was written to or called at goes, unless it had been added by itself, or is still the same.
const (
	deleteContact = `
		delete from identity
		where customer_id = $1 and kind = $2 and value <> $3 and contact = true and added = false`
	releaseContact = `
		update identity set contact = false
		where customer_id = $1 and kind = $2 and value <> $3 and contact = true`
)

// MoveContact makes the key the one of its kind by which the customer is written to or called, in place of the one before. Without a
// value there is none from now on.
//
// Errors: ALREADY_EXISTS (IDENTITY_TAKEN) naming the field, where the key is another customer's.
func MoveContact(tx *sqldb.Tx, customer string, k Key, at time.Time, path string) error {
	owner := customerID(customer)
	tx.Exec(deleteContact, owner, int64(k.Kind), k.Value)
	tx.Exec(releaseContact, owner, int64(k.Kind), k.Value)
	if k.Value == "" {
		return nil
	}
	rows, err := tx.Query(upsert, arguments(owner, k, true, at)...)
	if err == nil && rows.Len() == 0 {
		return Taken(path)
	}
	return err
}
