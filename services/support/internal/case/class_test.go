package cases

import (
	"testing"

	"github.com/stretchr/testify/require"

	"kept.dev/kit/event"
	customerv1 "kept.dev/proto/gen/kept/customer/v1"
	supportv1 "kept.dev/proto/gen/kept/support/v1"
)

// A case says of which class its customer is, from its beginning until it is closed, in whatever order the news come.
func TestACaseKnowsItsCustomersClass(t *testing.T) {
	onBoth(t, func(t *testing.T, b *fixture) {
		tell := func(class string, version int64) {
			e, err := event.New(t.Context(), "customer", b.olena, version, start, &customerv1.CustomerClassChanged{Customer: b.olena, CustomerClass: class})
			require.NoError(t, err)
			b.hearEvents(t, e)
		}
		closed := b.ask(t, "")
		b.reply(t, closed.GetName())
		_, err := b.CloseCase(agent(t), &supportv1.CloseCaseRequest{Name: closed.GetName(), Resolution: "Done"})
		require.NoError(t, err)
		open := b.ask(t, "")
		require.Empty(t, open.GetCustomerClass())
		tell("customerClasses/a", 3)
		tell("customerClasses/b", 2)
		require.Equal(t, "customerClasses/a", b.get(t, open.GetName()).GetCustomerClass())
		require.NotEqual(t, open.GetEtag(), b.get(t, open.GetName()).GetEtag())
		require.Empty(t, b.get(t, closed.GetName()).GetCustomerClass())
		require.Equal(t, "customerClasses/a", b.ask(t, "").GetCustomerClass())
		tell("", 4)
		require.Empty(t, b.get(t, open.GetName()).GetCustomerClass())
	})
}
