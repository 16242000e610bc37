package gateway

import (
	"crypto/rand"
	"crypto/sha256"
	"encoding/json"
	"net/http"
	"sync"
	"time"

	"google.golang.org/grpc/codes"

	"kept.dev/kit/keyring"
)

const (
	// ticketLife is how long a ticket may wait to be used.
	ticketLife = 30 * time.Second
	// maxUsed is how many used tickets are remembered. When there are more within a ticket's life, streams have to wait.
	maxUsed = 100_000
	// maxBearer is the longest token that a ticket carries: with it the address stays shorter than 8 KiB, which all take.
	maxBearer = 5000
)

// tickets lets browsers open streams: their EventSource can't send a header, and a token in an address ends up in logs. A
// ticket is the token, encrypted; it is good for one stream, once, for a short time. All gateways have the same key, so that
// a ticket from one is good at another; each remembers the tickets that it has seen used.
type tickets struct {
	signer *keyring.Signer

	mu   sync.Mutex
	used map[[sha256.Size]byte]time.Time // until when they would be good
}

// ticket is what a ticket says.
type ticket struct {
	Path    string
	Bearer  string
	Expires time.Time
}

const ticketPurpose = "stream tickets"

// newTickets needs the keys that all gateways share. Without any, tickets are good at this gateway only.
func newTickets(signer *keyring.Signer) *tickets {
	if signer == nil {
		key := make([]byte, 32)
		_, _ = rand.Read(key) // never fails
		signer = keyring.NewSigner(key)
	}
	return &tickets{signer: signer, used: map[[sha256.Size]byte]time.Time{}}
}

// seal makes a ticket.
func (t *tickets) seal(what ticket) (string, error) {
	plain, err := json.Marshal(what)
	if err != nil {
		return "", err
	}
	return t.signer.Seal(ticketPurpose, plain), nil
}

// use takes a ticket for the path, once, and returns the token in it. The path is what the client asks for, as it is.
func (t *tickets) use(text, path string, now time.Time) (bearer string, err error) {
	plain, ok := t.signer.Unseal(ticketPurpose, text)
	if !ok {
		return "", badTicket("TICKET_INVALID", "there is no such ticket")
	}
	var what ticket
	if err := json.Unmarshal(plain, &what); err != nil || what.Path != path {
		return "", badTicket("TICKET_INVALID", "the ticket is for another stream")
	}
	if !now.Before(what.Expires) {
		return "", badTicket("TICKET_EXPIRED", "the ticket is too old; get another")
	}
	return what.Bearer, t.remember(sha256.Sum256([]byte(text)), what.Expires, now)
}

// remember fails when the ticket was used before.
func (t *tickets) remember(id [sha256.Size]byte, expires, now time.Time) error {
	t.mu.Lock()
	defer t.mu.Unlock()
	if _, used := t.used[id]; used {
		return badTicket("TICKET_USED", "the ticket was used already; get another")
	}
	if len(t.used) >= maxUsed {
		t.forget(now)
	}
	if len(t.used) >= maxUsed {
		return refuseForNow(http.StatusTooManyRequests, codes.ResourceExhausted, "TOO_MANY_STREAMS", "too many streams are opened at once; try again")
	}
	t.used[id] = expires
	return nil
}

// forget drops what is too old to be used again anyhow.
func (t *tickets) forget(now time.Time) {
	for id, expires := range t.used {
		if !now.Before(expires) {
			delete(t.used, id)
		}
	}
}

func badTicket(reason, message string) error {
	return refuse(http.StatusUnauthorized, codes.Unauthenticated, reason, "%s", message)
}
