package demo_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"kept.dev/kit/kittest"
	"kept.dev/suite/demo"
)

// TestTheDemo shows the demo with the beginning of the history, as a real process, and compares what it tells with the file and
// with what the API answers to somebody else.
func TestTheDemo(t *testing.T) {
	kittest.Long(t)
	history, want := beginning(t)
	out, dir := &screen{}, filepath.Join(t.TempDir(), "demo")
	cfg := demo.Config{Program: program(t), Data: dir, Listen: "127.0.0.1:0", History: history, Out: out}
	stop := run(t, cfg)
	const goesOn = "Ctrl-C stops it."
	require.Eventually(t, func() bool { return strings.Contains(out.String(), goesOn) || stop.ended() }, patience, 20*time.Millisecond)
	text := out.String()
	if !strings.Contains(text, goesOn) {
		require.NoError(t, stop.now())
		require.Contains(t, text, goesOn)
	}

	for _, line := range strings.Split(text, "\n") {
		if !strings.Contains(line, "curl ") && !strings.Contains(line, "TOKEN=") {
			require.LessOrEqual(t, len([]rune(line)), 100+len(dir), line)
		}
	}
	require.Regexp(t, want, text)
	r := reader{t, regexp.MustCompile(`TOKEN=(\S+)`).FindStringSubmatch(text)[1], regexp.MustCompile(`http://[^/\s]+`).FindString(text)}
	r.cancelledInSilence(story(t, text, "S01  Cancelled in silence"))
	r.promiseBroken(story(t, text, "S07  Promised in 24 hours, came in 20 days"))
	r.oneCustomer(story(t, text, "S10  Three channels, one customer"))
	r.links(text)

	require.NoError(t, stop.now())
	require.Contains(t, out.String(), "Stopped in ")
	again, err := net.Listen("tcp", strings.TrimPrefix(r.url, "http://"))
	require.NoError(t, err, "the suite has let go of its address")
	require.NoError(t, again.Close())
}

// patience is how long the demo may take on a machine that is busy with something else.
const patience = 3 * time.Minute

// running is a demo that runs, until it is stopped or the test ends.
type running struct {
	cancel context.CancelFunc
	done   chan struct{}
	fault  error // once done is closed
}

func run(t *testing.T, cfg demo.Config) *running {
	ctx, cancel := context.WithCancel(t.Context())
	r := &running{cancel: cancel, done: make(chan struct{})}
	go func() {
		defer close(r.done)
		r.fault = demo.Run(ctx, cfg)
	}()
	t.Cleanup(func() { _ = r.now() })
	return r
}

func (r *running) ended() bool {
	select {
	case <-r.done:
		return true
	default:
		return false
	}
}

// now stops it, and returns what went wrong.
func (r *running) now() error {
	r.cancel()
	<-r.done
	return r.fault
}

// screen is what the demo writes on.
type screen struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (s *screen) Write(p []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.text.Write(p)
}

func (s *screen) String() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.text.String()
}

// program builds the command kept.
func program(t *testing.T) string {
	path := filepath.Join(t.TempDir(), "kept")
	out, err := exec.CommandContext(t.Context(), "go", "build", "-o", path, "kept.dev/suite/cmd/kept").CombinedOutput()
	require.NoError(t, err, "%s", out)
	return path
}

// beginning is a file of the first rows of the history, and a pattern of the sums that the demo has to tell of it.
func beginning(t *testing.T) (file, sums string) {
	const rows = 300
	text, err := os.ReadFile("../history/cdnow_master.txt")
	require.NoError(t, err)
	text = bytes.Join(bytes.SplitAfterN(text, []byte("\n"), rows+2)[:rows+1], nil)
	customers, cds, cents := map[string]int{}, 0, 0
	for _, line := range strings.Split(strings.TrimSpace(string(text)), "\n")[1:] {
		var customer, date string
		var units, whole, part int
		_, err := fmt.Sscanf(strings.Replace(line, ".", " ", 1), "%s %s %d %d %d", &customer, &date, &units, &whole, &part)
		require.NoError(t, err, line)
		customers[customer]++
		cds += units
		cents += whole*100 + part
	}
	once := 0
	for _, orders := range customers {
		if orders == 1 {
			once++
		}
	}
	file = filepath.Join(t.TempDir(), "history.txt")
	require.NoError(t, os.WriteFile(file, text, 0o600))
	number := func(n int) string { return strings.TrimPrefix(fmt.Sprintf("%d,%03d", n/1000, n%1000), "0,") }
	return file, fmt.Sprintf(`(?s)customers +%d  %d of them have bought once only.* orders +%d .* CDs +%s .* revenue +%s\.%02d  USD.* points `,
		len(customers), once, rows, number(cds), number(cents/100), cents%100)
}

// story is what was told of a story, by whose eyes: each of the three sees something.
func story(t *testing.T, text, title string) string {
	_, rest, found := strings.Cut(text, "\n"+title+"\n")
	require.True(t, found, title)
	told, _, found := strings.Cut(rest, " checks say that it was so.")
	require.True(t, found, title)
	lines := regexp.MustCompile(`(?m)^  (customer|agent|manager|shop|clock) +\S`).FindAllStringSubmatch(told, -1)
	seen := map[string]int{}
	for _, line := range lines {
		seen[line[1]]++
	}
	require.True(t, seen["customer"] > 0 && seen["agent"] > 0 && seen["manager"] > 0, "%s: %v", title, seen)
	require.True(t, 10 <= len(lines) && len(lines) <= 30, "%s: %d lines", title, len(lines))
	return strings.Join(strings.Fields(told), " ")
}

// reader asks the API, as somebody does who was shown the demo.
type reader struct {
	t          *testing.T
	token, url string
}

func (r reader) body(address string) []byte {
	req, err := http.NewRequestWithContext(r.t.Context(), http.MethodGet, address, http.NoBody)
	require.NoError(r.t, err)
	req.Header.Set("Authorization", "Bearer "+r.token)
	res, err := http.DefaultClient.Do(req)
	require.NoError(r.t, err)
	defer res.Body.Close()
	body, err := io.ReadAll(res.Body)
	require.NoError(r.t, err)
	require.Equal(r.t, http.StatusOK, res.StatusCode, "%s: %s", address, body)
	return body
}

func (r reader) get(path string, into any) {
	require.NoError(r.t, json.Unmarshal(r.body(r.url+path), into), path)
}
