package customer_test

import (
	"fmt"
	"slices"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"kept.dev/kit/kittest"
	customerv1 "kept.dev/proto/gen/kept/customer/v1"
)

// drawRecords are records of few people, so that many mean the same.
func drawRecords(r *rapid.T) (records []*record) {
	pick := func(what string, values ...string) string { return rapid.SampledFrom(values).Draw(r, what) }
	for range rapid.IntRange(0, 12).Draw(r, "records") {
		records = append(records, &record{
			ExternalId: pick("id", "", "1", "2", "3", "4", " 1"),
			Email:      pick("email", "", "", "a@example.org", "A@Example.org", "b@example.org", "c@example.org", "none"),
			Phone:      pick("phone", "", "", "+380441234567", "+380441234568", "00380441234567"),
		})
	}
	return records
}

// TestManyAtOnceAreAsOneByOne compares an import of many records with as many imports of one, after some that came before.
func TestManyAtOnceAreAsOneByOne(t *testing.T) {
	onBoth(t, func(t *testing.T, d *desk) {
		rapid.Check(t, func(r *rapid.T) {
			before, records := drawRecords(r), drawRecords(r)
			run := func(imports func([]*record) []*customerv1.ImportCustomersResponse_Result) []string {
				for _, table := range []string{"identity", "customer", "outbox"} {
					kittest.Exec(t, d.db, `delete from `+table)
				}
				people := people{}
				d.imports(before...)
				for _, r := range d.imports(before...) {
					people.number(r.GetCustomer())
				}
				outcome := []string{}
				for _, r := range imports(records) {
					outcome = append(outcome, fmt.Sprint(people.number(r.GetCustomer()), r.GetCreated(), r.GetFault()))
				}
				return append(outcome, d.identitiesOf(t, people)...)
			}
			oneByOne := run(func(records []*record) (results []*customerv1.ImportCustomersResponse_Result) {
				for _, one := range records {
					results = append(results, d.imports(one)...)
				}
				return results
			})
			atOnce := run(func(records []*record) []*customerv1.ImportCustomersResponse_Result { return d.imports(records...) })
			require.Equal(r, oneByOne, atOnce)
		})
	})
}

// people numbers customers in the order in which they are met.
type people map[string]int

func (p people) number(customer string) int {
	if _, met := p[customer]; !met {
		p[customer] = len(p)
	}
	return p[customer]
}

func (d *desk) identitiesOf(t require.TestingT, p people) (all []string) {
	rows, err := d.db.Query(d.t.Context(), `select customer_id, kind, issuer, value, contact, added from identity`)
	require.NoError(t, err)
	for rows.Next() {
		var customer, issuer, value string
		var kind int64
		var contact, added bool
		require.NoError(t, rows.Scan(&customer, &kind, &issuer, &value, &contact, &added))
		all = append(all, fmt.Sprint(p["customers/"+customer], kind, issuer, value, contact, added))
	}
	slices.Sort(all)
	return all
}

// TestReplicasImportTheSamePeople imports overlapping records by many at once, in different orders: each person is there once.
func TestReplicasImportTheSamePeople(t *testing.T) {
	const people, importers, each = 60, 24, 30
	of := func(n int) *record { // every other is known by an address, or a number, as well
		r := &record{ExternalId: fmt.Sprint(n)}
		if n%2 == 0 {
			r.Email = fmt.Sprintf("c%d@example.org", n)
		}
		if n%3 == 0 {
			r.Phone = fmt.Sprintf("+38044%07d", n)
		}
		return r
	}
	onBoth(t, func(t *testing.T, d *desk) {
		var crowd sync.WaitGroup
		var mu sync.Mutex
		ctx, faults, who, created := t.Context(), make([]error, importers), map[string]string{}, 0
		for i := range importers {
			var records []*record
			for n := range each {
				records = append(records, of((i*7+n*(1+i%3))%people))
			}
			if i%2 == 1 {
				slices.Reverse(records)
			}
			crowd.Go(func() {
				res, err := d.ImportCustomers(ctx, &customerv1.ImportCustomersRequest{Issuer: "erp", Records: records})
				mu.Lock()
				defer mu.Unlock()
				faults[i] = err
				for n, r := range res.GetResults() {
					id := records[n].GetExternalId()
					if who[id] == "" {
						who[id] = r.GetCustomer()
					}
					if r.GetCreated() {
						created++
					}
					if who[id] != r.GetCustomer() {
						faults[i] = fmt.Errorf("%s is %s and %s", id, who[id], r.GetCustomer())
					}
				}
			})
		}
		crowd.Wait()
		for _, err := range faults {
			require.NoError(t, err)
		}
		require.Equal(t, people, created)
		require.Len(t, who, people)
		require.EqualValues(t, people, d.count("customer"), "who was second leaves nothing")
		require.EqualValues(t, people+people/2+people/3, d.count("identity"))
		require.EqualValues(t, people, kittest.Number(t, d.db, `select count(*) from outbox where type = $1`, contactChanged))
	})
}
