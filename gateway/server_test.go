package gateway_test

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"kept.dev/gateway"
)

// serve puts the gateway behind a real server; the client follows nothing and keeps nothing open.
func serve(t *testing.T, w *world) (base string, client *http.Client) {
	server := httptest.NewServer(w)
	t.Cleanup(server.Close)
	client = server.Client()
	t.Cleanup(client.CloseIdleConnections)
	return server.URL, client
}

func send(t *testing.T, client *http.Client, method, url string, body io.Reader) (*http.Response, string) {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), method, url, body)
	require.NoError(t, err)
	if body != nil {
		r.Header.Set("Content-Type", "application/json")
	}
	res, err := client.Do(r)
	require.NoError(t, err)
	text, err := io.ReadAll(res.Body)
	require.NoError(t, err)
	require.NoError(t, res.Body.Close())
	return res, string(text)
}

// unsized hides a reader's length, so that the body is sent in chunks.
type unsized struct{ io.Reader }

func TestBodyOfUnknownLength(t *testing.T) {
	base, client := serve(t, newWorld(t, func(c *gateway.Config) { c.MaxBody = 1000 }))
	res, text := send(t, client, "POST", base+"/v1/orders", unsized{strings.NewReader(order)})
	require.Equal(t, 200, res.StatusCode, text)
	res, text = send(t, client, "POST", base+"/v1/orders", unsized{strings.NewReader(order + strings.Repeat(" ", 1000-len(order)))})
	require.Equal(t, 200, res.StatusCode, text)
	res, text = send(t, client, "POST", base+"/v1/orders", unsized{strings.NewReader(order + strings.Repeat(" ", 1001-len(order)))})
	require.Equal(t, 413, res.StatusCode, text)
	require.True(t, res.Close, "what is left of the body is not read")
	res, text = send(t, client, "POST", base+"/v1/orders/1:pick", unsized{strings.NewReader("")})
	require.Equal(t, 200, res.StatusCode, text)
	res, _ = send(t, client, "GET", base+"/v1/orders/1", unsized{strings.NewReader("x")})
	require.Equal(t, 400, res.StatusCode)
}

func TestHeadOverTheNetwork(t *testing.T) {
	base, client := serve(t, newWorld(t))
	res, text := send(t, client, "HEAD", base+"/v1/orders/1", nil)
	require.Equal(t, 200, res.StatusCode)
	require.Empty(t, text)
	require.Positive(t, res.ContentLength)
	res, text = send(t, client, "OPTIONS", base+"/v1/orders/1", nil)
	require.Equal(t, 204, res.StatusCode)
	require.Empty(t, text)
}

// Requests that run at once do not see each other, though their memory is used again.
func TestManyAtOnce(t *testing.T) {
	base, client := serve(t, newWorld(t))
	var group sync.WaitGroup
	for i := range 16 {
		group.Go(func() {
			for j := range 25 {
				reason := strings.Repeat(fmt.Sprint(i), 1+j*40)
				res, text := send(t, client, "POST", base+"/v1/orders/"+fmt.Sprint(i)+":cancel",
					strings.NewReader(`{"reason":"`+reason+`"}`))
				var got struct{ Name, CancelReason string }
				if json.Unmarshal([]byte(text), &got) != nil || res.StatusCode != 200 ||
					got.Name != "orders/"+fmt.Sprint(i) || got.CancelReason != reason {
					t.Errorf("%d %s", res.StatusCode, text)
				}
			}
		})
	}
	group.Wait()
}
