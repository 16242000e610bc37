package importer_test

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"kept.dev/kit/access"
	accessv1 "kept.dev/proto/gen/kept/access/v1"
	orderv1 "kept.dev/proto/gen/kept/order/v1"
	"kept.dev/suite/environment"
	"kept.dev/suite/importer"
)

// The whole way, through the real front door to the real service. What was imported once is known the second time.
func TestAFileGoesIntoTheSuite(t *testing.T) {
	_, env := environment.Embedded(t)
	token, err := env.Token(access.Principal{Role: accessv1.Role_ROLE_ADMIN, Subject: "admins/owner"})
	require.NoError(t, err)
	c := &importer.Client{URL: env.URL, Token: token, HTTP: env.HTTP, Every: 10 * time.Millisecond}
	const file = "customer_id,ordered,product_id,amount,currency_code\nk1,2020-12-31,tea,12.50,EUR\nk2,2021-02-01,tea,x,EUR\nk1,2021-02-02,tea,3,EUR\n"
	for _, again := range []int64{0, 2} {
		name, err := c.Send(t.Context(), &orderv1.Import{Format: orderv1.Import_CSV, Issuer: "erp"}, strings.NewReader(file), int64(len(file)), nobody)
		require.NoError(t, err)
		ended, err := c.Follow(t.Context(), name, nobody)
		require.NoError(t, err)
		require.Equal(t, orderv1.Import_SUCCEEDED, ended.GetState())
		require.Equal(t, []int64{3, 2 - again, again, 1},
			[]int64{ended.GetRowCount(), ended.GetOrderCount(), ended.GetUnchangedCount(), ended.GetFaultCount()})
		faults, err := c.Faults(t.Context(), name, 10)
		require.NoError(t, err)
		require.Len(t, faults, 1)
		require.Equal(t, int64(3), faults[0].GetLine())
	}
	_, err = c.Send(t.Context(), &orderv1.Import{Format: orderv1.Import_CSV, Issuer: "erp"}, strings.NewReader("colour\nred\n"), -1, nobody)
	require.ErrorContains(t, err, "import.mapping.ordered: must name a column of the file")
}
