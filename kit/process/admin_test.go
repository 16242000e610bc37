package process_test

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"kept.dev/kit/process"
)

func newAdmin(r *process.Readiness) (http.Handler, *slog.LevelVar) {
	level := &slog.LevelVar{}
	return process.Admin(process.AdminConfig{
		Readiness: r,
		Metrics:   http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, "up 1\n") }),
		Config:    &settings{Port: 7, Password: "hunter2", Database: database{URL: "postgres://kept:hunter2@db/order"}},
		LogLevel:  level,
	}), level
}

func ask(t *testing.T, h http.Handler, method, path, body string) (int, string) {
	w := httptest.NewRecorder()
	h.ServeHTTP(w, httptest.NewRequestWithContext(t.Context(), method, path, strings.NewReader(body)))
	return w.Code, w.Body.String()
}

func TestAdminTellsReadiness(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var bus dependency
		r := process.NewReadiness(nil, bus.check("bus"))
		h, _ := newAdmin(r)
		bus.breaks(errors.New("connection refused"))
		during(t, r, func(stop func() error) {
			code, body := ask(t, h, "GET", "/readyz", "")
			require.Equal(t, http.StatusServiceUnavailable, code)
			var report process.Report
			require.NoError(t, json.Unmarshal([]byte(body), &report))
			require.Equal(t, "bus", report.Checks[0].Name)
			require.Equal(t, "connection refused", report.Checks[0].Error)
			code, _ = ask(t, h, "GET", "/livez", "")
			require.Equal(t, http.StatusOK, code, "a process that lacks its bus lives")

			bus.mends()
			time.Sleep(5 * time.Second)
			synctest.Wait()
			code, _ = ask(t, h, "GET", "/readyz", "")
			require.Equal(t, http.StatusOK, code)
			require.NoError(t, stop())
		})
	})
}

func TestAdminShowsNoSecret(t *testing.T) {
	h, _ := newAdmin(process.NewReadiness(nil))
	for _, path := range []string{"/configz", "/buildinfo", "/debug/pprof/cmdline"} {
		_, body := ask(t, h, "GET", path, "")
		require.NotContains(t, body, "hunter2", path)
	}
	_, body := ask(t, h, "GET", "/configz", "")
	var values map[string]string
	require.NoError(t, json.Unmarshal([]byte(body), &values))
	require.Equal(t, "7", values["port"])
	require.Equal(t, "xxxxx", values["password"])
	require.Equal(t, "postgres://kept:xxxxx@db/order", values["database-url"])
}

func TestAdminSetsLogLevel(t *testing.T) {
	h, level := newAdmin(process.NewReadiness(nil))
	code, body := ask(t, h, "PUT", "/loglevel", "debug\n")
	require.Equal(t, http.StatusOK, code)
	require.Equal(t, "debug\n", body)
	require.Equal(t, slog.LevelDebug, level.Level())
	code, _ = ask(t, h, "PUT", "/loglevel", "loud")
	require.Equal(t, http.StatusBadRequest, code)
	code, _ = ask(t, h, "PUT", "/loglevel", strings.Repeat(" ", 100)+"info")
	require.Equal(t, http.StatusBadRequest, code)
	_, body = ask(t, h, "GET", "/loglevel", "")
	require.Equal(t, "debug\n", body)
}

func TestAdminServesTheRest(t *testing.T) {
	h, _ := newAdmin(process.NewReadiness(nil))
	for path, want := range map[string]string{
		"/metrics": "up 1", "/buildinfo": `"go":"go1`, "/debug/pprof/": "goroutine", "/debug/pprof/goroutine?debug=1": "goroutine profile",
	} {
		code, body := ask(t, h, "GET", path, "")
		require.Equal(t, http.StatusOK, code, path)
		require.Contains(t, body, want)
	}
	code, _ := ask(t, h, "GET", "/nothing", "")
	require.Equal(t, http.StatusNotFound, code)
}

func TestHTTPFinishesWhatItBegan(t *testing.T) {
	began, finish := make(chan struct{}), make(chan struct{})
	handler := http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		close(began)
		<-finish
		_, _ = io.WriteString(w, "finished")
	})
	address := freeAddress(t)
	ctx, stop := context.WithCancel(t.Context())
	defer stop()
	done, up := make(chan error, 1), make(chan struct{})
	go func() {
		done <- process.Run(ctx, quiet, time.Minute, process.HTTP("http", address, 10, handler),
			process.Part{Name: "up", Start: func(context.Context) error { close(up); return nil }})
	}()
	<-up
	answer := make(chan string, 1)
	go func() { answer <- get("http://" + address) }()
	<-began
	stop()
	require.Eventually(t, func() bool { return get("http://"+address) == "refused" }, 5*time.Second, 10*time.Millisecond)
	close(finish)
	require.Equal(t, "finished", <-answer)
	require.NoError(t, <-done)
}

func TestHTTPNeedsItsAddress(t *testing.T) {
	err := process.Run(t.Context(), quiet, time.Minute, process.HTTP("admin", "127.0.0.1:nowhere", 10, http.NotFoundHandler()))
	require.ErrorContains(t, err, "admin: start: ")
}

// Connections beyond the most wait, and those of one port are no other's.
func TestConnectionsAreLimitedPortByPort(t *testing.T) {
	ctx, stop := context.WithCancel(t.Context())
	defer stop()
	rest, admin := freeAddress(t), freeAddress(t)
	done, up := make(chan error, 1), make(chan struct{})
	hello := http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, "hello") })
	go func() {
		done <- process.Run(ctx, quiet, time.Second, process.HTTP("rest", rest, 16, hello), process.HTTP("admin", admin, 16, hello),
			process.Part{Name: "up", Start: func(context.Context) error { close(up); return nil }})
	}()
	<-up
	var idle []net.Conn
	for range 16 { // all that there are, sending nothing
		conn, err := net.Dial("tcp", rest)
		require.NoError(t, err)
		defer conn.Close()
		idle = append(idle, conn)
	}
	waits := make(chan string, 1)
	go func() { waits <- get("http://" + rest) }()
	require.Equal(t, "hello", get("http://"+admin))
	select {
	case got := <-waits:
		require.Fail(t, "one connection too many", got)
	default:
	}
	require.NoError(t, idle[0].Close())
	require.Equal(t, "hello", <-waits)
	stop()
	<-done
}

func freeAddress(t *testing.T) string {
	s := httptest.NewServer(nil)
	defer s.Close()
	return s.Listener.Addr().String()
}

func get(url string) string {
	client := http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
	answer, err := client.Get(url)
	if err != nil {
		return "refused"
	}
	defer answer.Body.Close()
	body, _ := io.ReadAll(answer.Body)
	return string(body)
}
