package gateway_test

import (
	"fmt"
	"net"
	"net/http/httptest"
	"runtime"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"kept.dev/gateway"
)

// waiting is a connection that has sent a head and one byte of the body that the head declares.
func waiting(t *testing.T, address string, body int) {
	conn, err := net.Dial("tcp", address)
	require.NoError(t, err)
	t.Cleanup(func() { conn.Close() })
	_, err = fmt.Fprintf(conn, "POST /v1/orders HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n{", body)
	require.NoError(t, err)
}

// What a client declares and does not send costs no memory, so that connections of a hundred bytes can't use up a gigabyte.
func TestADeclaredBodyCostsNothing(t *testing.T) {
	const connections = 300
	w := newWorld(t)
	server := httptest.NewServer(w)
	defer server.Close()
	before := live()
	for range connections {
		waiting(t, server.Listener.Addr().String(), 1<<20)
	}
	for reading() < connections { // all have come to where the body is read
		runtime.Gosched()
	}
	require.Less(t, (live()-before)/connections, int64(64<<10), "bytes that each connection costs")
	server.CloseClientConnections()
}

// live is how much memory is in use.
func live() int64 {
	runtime.GC()
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return int64(m.HeapAlloc)
}

// reading is how many exchanges are reading their bodies.
func reading() int {
	buffer := make([]byte, 8<<20)
	return strings.Count(string(buffer[:runtime.Stack(buffer, true)]), "gateway.readAll(")
}

func TestABodyThatIsTooSlowIsCutOff(t *testing.T) {
	for name, every := range map[string]time.Duration{"nothing more": time.Hour, "a byte a second": time.Second} {
		synctest.Test(t, func(t *testing.T) {
			conn := dial(t, newWorld(t))
			answer := answered(t, conn)
			began := time.Now()
			_, err := fmt.Fprint(conn, "POST /v1/orders HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 100000\r\n\r\n{")
			require.NoError(t, err)
			var got string
			for next := time.NewTicker(every); got == ""; {
				select {
				case got = <-answer:
				case <-next.C:
					_, err := fmt.Fprint(conn, " ")
					require.NoError(t, err)
				}
			}
			require.Regexp(t, `^408 .*BODY_TOO_SLOW`, got, name)
			require.Equal(t, 10*time.Second, time.Since(began).Round(time.Second))
		})
	}
}

// A line that is slow, yet faster than the least rate, gets its body through.
func TestASlowBodyArrives(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		conn := dial(t, newWorld(t, func(c *gateway.Config) { c.MaxBody = 1 << 20 }))
		answer := answered(t, conn)
		_, err := fmt.Fprintf(conn, "POST /v1/orders HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%s",
			len(order)+40*4096, order)
		require.NoError(t, err)
		for range 40 {
			<-time.After(3 * time.Second)
			_, err = fmt.Fprint(conn, strings.Repeat(" ", 4096))
			require.NoError(t, err)
		}
		require.Regexp(t, "^200 ", <-answer)
	})
}
