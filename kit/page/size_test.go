package page_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"kept.dev/kit/page"
	opsv1 "kept.dev/proto/gen/kept/ops/v1"
)

// A page of long messages ends early, and the next begins after the last that was sent.
func TestAPageIsNoLongerThanAnAnswerMayBe(t *testing.T) {
	q, err := page.Listing{ID: "name"}.Parse(&opsv1.ListDeadLettersRequest{PageSize: 100})
	require.NoError(t, err)
	name := func(d *opsv1.DeadLetter, _ string) any { return d.GetName() }
	rows := make([]*opsv1.DeadLetter, 60)
	for i := range rows {
		rows[i] = &opsv1.DeadLetter{Name: "deadLetters/1", Error: strings.Repeat("x", 100_000)}
	}
	found, next, err := page.Cut(q, rows, name)
	require.NoError(t, err)
	require.Len(t, found, 20, "of 2 MiB")
	require.NotEmpty(t, next)

	huge := &opsv1.DeadLetter{Error: strings.Repeat("x", 3<<20)}
	found, next, err = page.Cut(q, []*opsv1.DeadLetter{huge, huge}, name)
	require.NoError(t, err)
	require.Len(t, found, 1, "one comes whatever its length")
	require.NotEmpty(t, next)
	found, next, err = page.Cut(q, rows[:20], name)
	require.NoError(t, err)
	require.Len(t, found, 20)
	require.Empty(t, next)
}
