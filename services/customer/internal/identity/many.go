package identity

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"time"

	"kept.dev/kit/sqldb"
	customerv1 "kept.dev/proto/gen/kept/customer/v1"
)

// Each value is looked for by itself, along the index identity_value_key: a list of values after "in" would be compared with every
// value of the kind, as long as PostgreSQL does not know that there are many.
const (
	withKeys     = `with wanted (issuer, value) as (values`
	selectOwners = `)
	select issuer, value, (
		select customer_id from identity i where i.kind = %d and i.issuer = wanted.issuer and i.value = wanted.value
	) from wanted`
)

// Owners finds whose the keys are, by few statements in one round trip: customers' names by their keys. What is nobody's is left
// out.
func Owners(tx *sqldb.Tx, keys []Key) (map[Key]string, error) {
	var lookups []*sqldb.Stmt
	var kinds []customerv1.Identity_Kind // of the lookups
	for kind, rows := range rowsByKind(keys) {
		some := sqldb.Values(withKeys, rows, fmt.Sprintf(selectOwners, kind))
		lookups, kinds = append(lookups, some...), append(kinds, slices.Repeat([]customerv1.Identity_Kind{kind}, len(some))...)
	}
	results, err := tx.Batch(lookups...)
	owners := map[Key]string{}
	for i, rows := range results {
		for err == nil && rows.Next() {
			key, customer := Key{Kind: kinds[i]}, ""
			err = rows.Scan(&key.Issuer, &key.Value, &customer)
			if customer != "" {
				owners[key] = customers + customer
			}
		}
	}
	return owners, err
}

const selectIssued = `select distinct customer_id from identity where kind = %d and issuer = $1 and customer_id in `

// mostAsked bounds the customers that one statement names.
const mostAsked = 500

// Issued tells which of the owners have an id of the issuer.
func Issued(tx *sqldb.Tx, issuer string, owners map[Key]string) (map[string]bool, error) {
	issued, asked := map[string]bool{}, map[string]bool{}
	for key, owner := range owners {
		if key.Kind == customerv1.Identity_EXTERNAL_ID && key.Issuer == issuer {
			issued[owner] = true
		}
	}
	for _, owner := range owners {
		if !issued[owner] {
			asked[customerID(owner)] = true
		}
	}
	var queries []*sqldb.Stmt
	for some := range slices.Chunk(slices.Sorted(maps.Keys(asked)), mostAsked) {
		list, ids := sqldb.List(2, some)
		queries = append(queries, sqldb.Q(fmt.Sprintf(selectIssued, customerv1.Identity_EXTERNAL_ID)+list, append([]any{issuer}, ids...)...))
	}
	if len(queries) == 0 {
		return issued, nil
	}
	results, err := tx.Batch(queries...)
	for _, rows := range results {
		for err == nil && rows.Next() {
			var customer string
			err = rows.Scan(&customer)
			issued[customers+customer] = true
		}
	}
	return issued, err
}

// rowsByKind are issuers and values, each pair once.
func rowsByKind(keys []Key) map[customerv1.Identity_Kind][][]any {
	rows, had := map[customerv1.Identity_Kind][][]any{}, map[Key]bool{}
	for _, k := range keys {
		if !had[k] {
			had[k] = true
			rows[k.Kind] = append(rows[k.Kind], []any{k.Issuer, k.Value})
		}
	}
	return rows
}

// Claim is a key that is to become a customer's: one by which the customer is written to or called (Contact), or one more.
type Claim struct {
	Customer string // its name
	Key      Key
	Contact  bool
}

// InsertClaims makes the keys the customers'. Nobody may have them: the named key identity_value_key refuses all of them where
// somebody does. They are written in the order of the keys, so that two who write some of the same wait for each other and
// do not deadlock.
func InsertClaims(tx *sqldb.Tx, claims []Claim, at time.Time) {
	claims = slices.SortedFunc(slices.Values(claims), func(a, b Claim) int { return compare(a.Key, b.Key) })
	rows := make([][]any, len(claims))
	for i, c := range claims {
		rows[i] = arguments(customerID(c.Customer), c.Key, c.Contact, at)
	}
	tx.ExecValues(insertInto, rows, "")
}

func compare(a, b Key) int {
	return cmp.Or(cmp.Compare(a.Kind, b.Kind), cmp.Compare(a.Issuer, b.Issuer), cmp.Compare(a.Value, b.Value))
}
