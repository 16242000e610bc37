package customer_test

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"google.golang.org/grpc/codes"
	"google.golang.org/protobuf/proto"

	"kept.dev/kit/errs"
	customerv1 "kept.dev/proto/gen/kept/customer/v1"
)

func TestCustomersAreListed(t *testing.T) {
	onBoth(t, func(t *testing.T, d *desk) {
		var all []string
		for i := range 7 {
			d.clock.Advance(d.clock.Offset() + time.Minute)
			all = append(all, d.created(&customerv1.Customer{
				DisplayName: fmt.Sprint(i), LanguageCode: []string{"uk", "en"}[i%2], RegionCode: []string{"UA", "DE", "PL"}[i%3],
			}).GetName())
		}
		list := func(filter, order string) (names []string) {
			req := &customerv1.ListCustomersRequest{PageSize: 2, Filter: filter, OrderBy: order}
			for {
				res, err := d.ListCustomers(t.Context(), req)
				require.NoError(t, err)
				for _, c := range res.GetCustomers() {
					require.True(t, proto.Equal(d.get(c.GetName()), c))
					names = append(names, c.GetName())
				}
				if req.PageToken = res.GetNextPageToken(); req.GetPageToken() == "" {
					return names
				}
			}
		}
		require.Equal(t, all, list("", "create_time"))
		latest := slices.Clone(all)
		slices.Reverse(latest)
		require.Equal(t, latest, list("", ""))
		require.Equal(t, []string{all[0], all[2], all[4], all[6]}, list(`language_code = "uk"`, "create_time"))
		require.Equal(t, []string{all[0], all[6]}, list(`language_code = "uk" AND region_code = "UA"`, "create_time"))
		third := d.get(all[2]).GetCreateTime().AsTime().Format(time.RFC3339Nano)
		require.Equal(t, all[:2], list(fmt.Sprintf("create_time < %q", third), "create_time"))
		_, err := d.ListCustomers(t.Context(), &customerv1.ListCustomersRequest{Filter: `email = "a@example.org"`})
		require.Equal(t, codes.InvalidArgument, errs.KindOf(err))
	})
}
