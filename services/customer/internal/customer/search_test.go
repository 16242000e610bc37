package customer_test

import (
	"testing"

	"github.com/stretchr/testify/require"
	"google.golang.org/protobuf/proto"

	"kept.dev/kit/event"
	"kept.dev/kit/inbox"
	"kept.dev/kit/kittest"
	"kept.dev/kit/telemetry"
	"kept.dev/kit/timer"
	customerv1 "kept.dev/proto/gen/kept/customer/v1"
)

func TestCustomersAreSearched(t *testing.T) {
	onBoth(t, func(t *testing.T, d *desk) {
		olena := d.created(&customerv1.Customer{DisplayName: "Олена Коваль", Email: "olena@example.org", Phone: "+380441234567"})
		anna := d.created(&customerv1.Customer{DisplayName: "Anna Kowal"})
		search := func(query string) (names []string) {
			d.hear()
			res, err := d.SearchCustomers(d.t.Context(), &customerv1.SearchCustomersRequest{Query: query})
			require.NoError(t, err)
			for _, c := range res.GetCustomers() {
				require.True(t, proto.Equal(d.get(c.GetName()), c))
				names = append(names, c.GetName())
			}
			return names
		}
		for _, query := range []string{"коваль", "ОЛЕНА", "olena@example.org", "044 123 45 67", "4567"} {
			require.Equal(t, []string{olena.GetName()}, search(query), query)
		}
		require.Equal(t, []string{anna.GetName()}, search("kowall"))
		require.Empty(t, search("nobody"))
		d.update(&customerv1.Customer{Name: anna.GetName(), DisplayName: "Anna Brown"}, "display_name")
		require.Empty(t, search("kowal"))
		require.Equal(t, []string{anna.GetName()}, search("brown"))
	})
}

// hear has the service hear what it has said itself.
func (d *desk) hear() {
	d.t.Helper()
	counter := &telemetry.Activity{}
	worker := timer.NewWorker(timer.Config{DB: d.db, Clock: d.clock, Log: kittest.Log(d.t), Tracer: kittest.Tracer(), Activity: counter})
	consumer := inbox.New(inbox.Config{
		Service: "customer", DB: d.db, Clock: d.clock, Log: kittest.Log(d.t), Tracer: kittest.Tracer(), Activity: counter,
		Handlers: d.Capability().Events,
	}, worker)
	for _, s := range d.heard() {
		if s.contact != nil {
			e, err := event.New(d.t.Context(), "customer", s.subject, s.version, d.clock.Now(), s.contact)
			require.NoError(d.t, err)
			require.NoError(d.t, consumer.Handle(d.t.Context(), []event.Event{e}))
		}
	}
}
