package bench

import (
	"bufio"
	"encoding/json"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/exec"
	"strings"

	"google.golang.org/protobuf/encoding/protojson"

	orderv1 "kept.dev/proto/gen/kept/order/v1"
)

// startPlain starts, as a process of its own, a net/http server that encodes the given order with encoding/json at
// every request: the least that a REST server in Go can do.
func startPlain(body []byte) (url string, stop func(), err error) {
	self, err := os.Executable()
	if err != nil {
		return "", nil, err
	}
	cmd := exec.Command(self, "plain", string(body))
	out, err := cmd.StdoutPipe()
	if err != nil {
		return "", nil, err
	}
	if err := cmd.Start(); err != nil {
		return "", nil, err
	}
	stop = func() { _ = cmd.Process.Kill(); _ = cmd.Wait() }
	line, err := bufio.NewReader(out).ReadString('\n')
	if err != nil {
		stop()
		return "", nil, fmt.Errorf("start the plain server: %w", err)
	}
	return "http://" + strings.TrimSpace(line), stop, nil
}

// Plain is what the process started by startPlain runs.
func Plain(body string) error {
	value := &orderv1.Order{}
	if err := protojson.Unmarshal([]byte(body), value); err != nil {
		return err
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	fmt.Println(l.Addr())
	return http.Serve(l, http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		_ = json.NewEncoder(w).Encode(value)
	}))
}
