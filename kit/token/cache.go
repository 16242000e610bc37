package token

import (
	"crypto/sha256"
	"time"

	lru "github.com/hashicorp/golang-lru/v2"

	"kept.dev/kit/access"
)

// cacheSize is how many tokens are remembered. Who comes most recently stays.
const cacheSize = 10_000

// cache remembers whom verified tokens stand for, by hash, so that memory holds no token.
type cache struct {
	entries *lru.Cache[cacheKey, verified]
}

type cacheKey [sha256.Size]byte

type verified struct {
	principal access.Principal
	until     time.Time
}

func newCache() *cache {
	entries, err := lru.New[cacheKey, verified](cacheSize)
	if err != nil {
		panic(err) // only for a size that is not positive
	}
	return &cache{entries: entries}
}

func keyOf(raw string) cacheKey { return sha256.Sum256([]byte(raw)) }

func (c *cache) get(key cacheKey, now time.Time) (access.Principal, bool) {
	found, ok := c.entries.Get(key)
	if !ok {
		return access.Principal{}, false
	}
	if !now.Before(found.until) {
		c.entries.Remove(key)
		return access.Principal{}, false
	}
	return found.principal, true
}

func (c *cache) put(key cacheKey, p access.Principal, until time.Time) {
	c.entries.Add(key, verified{principal: p, until: until})
}
