package gateway

import (
	"crypto/sha256"
	"encoding/binary"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// How many used tickets are remembered is bounded, and none is forgotten while it could be used again.
func TestUsedTicketsAreRememberedAsLongAsTheyAreGood(t *testing.T) {
	tickets := newTickets(nil)
	start := time.Unix(1_800_000_000, 0)
	id := func(n uint64) [sha256.Size]byte {
		return sha256.Sum256(binary.BigEndian.AppendUint64(nil, n))
	}
	for n := range uint64(maxUsed) {
		require.NoError(t, tickets.remember(id(n), start.Add(ticketLife), start))
	}
	require.ErrorContains(t, tickets.remember(id(0), start.Add(ticketLife), start), "used already")
	require.ErrorContains(t, tickets.remember(id(maxUsed), start.Add(ticketLife), start.Add(ticketLife-1)), "too many")
	require.NoError(t, tickets.remember(id(maxUsed), start.Add(2*ticketLife), start.Add(ticketLife)))
	require.Len(t, tickets.used, 1)
}
