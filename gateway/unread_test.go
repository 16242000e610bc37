package gateway_test

import (
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// hurried notes until when an answer has to be read.
type hurried struct {
	*httptest.ResponseRecorder
	until time.Time
}

func (h *hurried) SetWriteDeadline(until time.Time) error {
	h.until = until
	return nil
}

// Without a limit, whoever asks for much and reads nothing holds a connection and the answer for ever.
func TestAnswersHaveToBeRead(t *testing.T) {
	w := newWorld(t)
	for _, path := range []string{"/openapi.json", "/v1/nothing"} {
		got := &hurried{ResponseRecorder: httptest.NewRecorder()}
		began := time.Now()
		w.ServeHTTP(got, httptest.NewRequestWithContext(t.Context(), http.MethodGet, path, http.NoBody))
		require.True(t, got.until.After(began), "%s: %d, %v", path, got.Code, got.until)
		least := began.Add(time.Duration(got.Body.Len()) * time.Second / 1024)
		require.True(t, got.until.After(least), "%s: a slow reader has the time that %d bytes need", path, got.Body.Len())
	}
}
