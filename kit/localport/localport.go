// Package localport finds ports on 127.0.0.1 for the servers that tests, benchmarks and the suite on one machine start.
package localport

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"net"
)

// Free finds a port below those that the system gives to outgoing connections, so that none of them takes it before its
// server listens, or while that server is started again.
func Free() (int, error) {
	for range 100 {
		port := 20000 + rand.N(12000)
		if l, err := net.Listen("tcp", fmt.Sprintf("127.0.0.1:%d", port)); err == nil {
			return port, l.Close()
		}
	}
	return 0, errors.New("no free port between 20000 and 32000")
}
