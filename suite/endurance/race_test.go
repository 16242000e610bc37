package endurance_test

import (
	"encoding/json"
	"net/http"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"kept.dev/kit/id"
	"kept.dev/suite/scenario"
)

func TestRacesDistributed(t *testing.T) {
	c := startCluster(t)
	races(t, c.Environment(), auditOfCluster(t, c))
}

func TestRacesEmbedded(t *testing.T) {
	e, dir := startEmbedded(t)
	races(t, e.Environment(), auditOfFolder(t, dir))
}

func races(t *testing.T, env scenario.Environment, audit *audit) {
	audit.stocked = map[string]int64{"scarce": 20, "plenty": 1000}
	lastUnits(t, env)
	sameKey(t, env)
	audit.balance(t)
}

// together makes n calls at the same moment and returns all answers.
func together(t *testing.T, n int, call func(i int) (reply, error)) []reply {
	t.Helper()
	replies, faults := make([]reply, n), make([]error, n)
	var callers sync.WaitGroup
	begin := make(chan struct{})
	for i := range n {
		callers.Go(func() {
			<-begin
			replies[i], faults[i] = call(i)
		})
	}
	close(begin)
	callers.Wait()
	for _, err := range faults {
		require.NoError(t, err)
	}
	return replies
}

// lastUnits: 200 buyers press the button at once, for 20 units.
func lastUnits(t *testing.T, env scenario.Environment) {
	s := openShop(t, env, "scarce", 20)
	replies := together(t, 200, func(int) (reply, error) { return s.order(t.Context(), id.New()) })
	sold, refused := 0, 0
	for _, r := range replies {
		if r.status == http.StatusOK {
			sold++
			continue
		}
		require.Equal(t, http.StatusConflict, r.status, r.body)
		require.Contains(t, strings.ReplaceAll(r.body, " ", ""), `"reason":"OUT_OF_STOCK"`)
		refused++
	}
	stock, err := s.customer.get(t.Context(), "/v1/"+s.product+"/stock")
	require.NoError(t, err)
	require.Equal(t, "20", stock.text(t, "heldQuantity"))
	require.Equal(t, "0", stock.text(t, "availableQuantity"))
	require.Equal(t, 20, sold)
	require.Equal(t, 180, refused)
	t.Logf("race: 200 buyers for 20 units: %d orders, %d refused", sold, refused)
}

// sameKey: 50 callers send the same order under the same key, at once.
func sameKey(t *testing.T, env scenario.Environment) {
	s := openShop(t, env, "plenty", 1000)
	key := id.New()
	replies := together(t, 50, func(int) (reply, error) { return s.order(t.Context(), key) })
	var first any
	require.NoError(t, json.Unmarshal([]byte(replies[0].body), &first))
	for _, r := range replies {
		require.Equal(t, http.StatusOK, r.status, r.body)
		var body any
		require.NoError(t, json.Unmarshal([]byte(r.body), &body))
		require.Equal(t, first, body)
	}
	list, err := s.customer.get(t.Context(), "/v1/orders")
	require.NoError(t, err)
	require.Equal(t, 1, strings.Count(list.body, `"promise":`), list.body)
	t.Log("race: 50 callers with the same idempotency key: 1 order, 50 equal answers")
}
