package token

import (
	"crypto/sha256"
	"time"

	lru "github.com/hashicorp/golang-lru/v2"
)

// cacheSize is how many tokens are remembered. Who comes most recently stays.
const cacheSize = 10_000

// cache remembers whom verified tokens stand for, by hash, so that memory holds no token.
type cache struct {
	entries *lru.Cache[cacheKey, Identity]
}

type cacheKey [sha256.Size]byte

func newCache() *cache {
	entries, err := lru.New[cacheKey, Identity](cacheSize)
	if err != nil {
		panic(err) // only for a size that is not positive
	}
	return &cache{entries: entries}
}

func keyOf(raw string) cacheKey { return sha256.Sum256([]byte(raw)) }

func (c *cache) get(key cacheKey, now time.Time) (Identity, bool) {
	found, ok := c.entries.Get(key)
	if ok && !now.Before(found.Until) {
		c.entries.Remove(key)
		return Identity{}, false
	}
	return found, ok
}

func (c *cache) put(key cacheKey, found Identity) { c.entries.Add(key, found) }
