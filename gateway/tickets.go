package gateway

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"net/http"
	"sync"
	"time"

	"google.golang.org/grpc/codes"

	"kept.dev/kit/sign"
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
	aead cipher.AEAD

	mu   sync.Mutex
	used map[[sha256.Size]byte]time.Time // until when they would be good
}

// ticket is what a ticket says.
type ticket struct {
	Path    string
	Bearer  string
	Expires time.Time
}

// newTickets needs the key that all gateways share. Without one, tickets are good at this gateway only.
func newTickets(signer *sign.Signer) (*tickets, error) {
	key := make([]byte, 32)
	if signer != nil {
		key = signer.Key("stream tickets")
	} else {
		_, _ = rand.Read(key) // never fails
	}
	block, err := aes.NewCipher(key)
	if err != nil {
		return nil, fmt.Errorf("the key of tickets: %w", err)
	}
	aead, err := cipher.NewGCMWithRandomNonce(block)
	return &tickets{aead: aead, used: map[[sha256.Size]byte]time.Time{}}, err
}

// seal makes a ticket.
func (t *tickets) seal(what ticket) (string, error) {
	plain, err := json.Marshal(what)
	if err != nil {
		return "", err
	}
	return base64.RawURLEncoding.EncodeToString(t.aead.Seal(nil, nil, plain, nil)), nil
}

// use takes a ticket for the path, once, and returns the token in it. The path is what the client asks for, as it is.
func (t *tickets) use(text, path string, now time.Time) (bearer string, err error) {
	sealed, err := base64.RawURLEncoding.Strict().DecodeString(text)
	if err != nil {
		return "", badTicket("TICKET_INVALID", "there is no such ticket")
	}
	plain, err := t.aead.Open(nil, nil, sealed, nil)
	if err != nil {
		return "", badTicket("TICKET_INVALID", "there is no such ticket")
	}
	var what ticket
	if err := json.Unmarshal(plain, &what); err != nil || what.Path != path {
		return "", badTicket("TICKET_INVALID", "the ticket is for another stream")
	}
	if !now.Before(what.Expires) {
		return "", badTicket("TICKET_EXPIRED", "the ticket is too old; get another")
	}
	return what.Bearer, t.remember(sha256.Sum256(sealed), what.Expires, now)
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
