package token

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"strings"
	"sync"
	"time"

	"github.com/go-jose/go-jose/v4"
	"golang.org/x/sync/singleflight"
)

// Bounds of what is asked of a place that serves keys.
const (
	fetchTimeout = 5 * time.Second
	fetchPause   = 10 * time.Second // between two looks for an unknown key, so that forged tokens don't become a flood
	maxKeyBytes  = 1 << 20
)

// errNoKeys says that the keys could not be read, which is no fault of the token.
var errNoKeys = errors.New("the issuer's keys can't be read")

// Keys are public keys to check signatures with. They are read when first needed, and again when a token names
// a key that is not there: that is how a rotation becomes known.
type Keys struct {
	load  func(ctx context.Context) (jose.JSONWebKeySet, error)
	pause time.Duration

	reads  singleflight.Group
	mu     sync.RWMutex
	set    jose.JSONWebKeySet
	loaded time.Time
	failed error
}

// KeysOf are these keys and no others.
func KeysOf(set jose.JSONWebKeySet) *Keys {
	return &Keys{load: func(context.Context) (jose.JSONWebKeySet, error) { return set, nil }}
}

// Keys are the issuer's own, as they are now and after each rotation.
func (i *Issuer) Keys() *Keys { return KeysIn(i.dir) }

// KeysIn are the keys in an issuer's folder.
func KeysIn(dir string) *Keys {
	return keysOfFile(string(fileIn(dir)), func() (jose.JSONWebKeySet, error) {
		ring, err := fileIn(dir).Read()
		return ring.Set(), err
	})
}

// KeysAt are the keys in a JWKS, named by its file or by its http or https URL.
func KeysAt(place string) *Keys {
	if strings.HasPrefix(place, "https://") || strings.HasPrefix(place, "http://") {
		return keysFrom(func(context.Context) (string, error) { return place, nil })
	}
	return keysOfFile(place, func() (jose.JSONWebKeySet, error) {
		raw, err := os.ReadFile(place)
		if err != nil {
			return jose.JSONWebKeySet{}, fmt.Errorf("read JWKS: %w", err)
		}
		return parseKeys(raw)
	})
}

// keysOfFile reads the keys again only when the file is another than the last time: forged tokens name unknown keys for
// nothing, and must not have the file read for each.
func keysOfFile(path string, read func() (jose.JSONWebKeySet, error)) *Keys {
	var last os.FileInfo // loads come one at a time
	var set jose.JSONWebKeySet
	return &Keys{load: func(context.Context) (jose.JSONWebKeySet, error) {
		info, err := os.Stat(path)
		if err == nil && last != nil && os.SameFile(info, last) && info.ModTime().Equal(last.ModTime()) && info.Size() == last.Size() {
			return set, nil
		}
		if set, err = read(); err != nil {
			last = nil
			return set, err
		}
		last = info
		return set, nil
	}}
}

// keysFrom are the keys at a URL that has to be discovered first.
func keysFrom(url func(context.Context) (string, error)) *Keys {
	return &Keys{pause: fetchPause, load: func(ctx context.Context) (jose.JSONWebKeySet, error) {
		place, err := url(ctx)
		if err != nil {
			return jose.JSONWebKeySet{}, err
		}
		return fetchKeys(ctx, place)
	}}
}

func fetchKeys(ctx context.Context, place string) (jose.JSONWebKeySet, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, place, nil)
	if err != nil {
		return jose.JSONWebKeySet{}, fmt.Errorf("fetch JWKS: %w", err)
	}
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		return jose.JSONWebKeySet{}, fmt.Errorf("fetch JWKS: %w", err)
	}
	defer res.Body.Close()
	if res.StatusCode != http.StatusOK {
		return jose.JSONWebKeySet{}, fmt.Errorf("fetch JWKS: %s", res.Status)
	}
	raw, err := io.ReadAll(io.LimitReader(res.Body, maxKeyBytes))
	if err != nil {
		return jose.JSONWebKeySet{}, fmt.Errorf("fetch JWKS: %w", err)
	}
	return parseKeys(raw)
}

func parseKeys(raw []byte) (jose.JSONWebKeySet, error) {
	var set jose.JSONWebKeySet
	if err := json.Unmarshal(raw, &set); err != nil {
		return set, errors.New("read JWKS: not a JWK set")
	}
	return set, nil
}

// candidates are the keys that may have signed a token: the one of that id, or all where the token names none.
func (k *Keys) candidates(ctx context.Context, id string, now time.Time) ([]jose.JSONWebKey, error) {
	found, fresh, err := k.known(id, now)
	if len(found) > 0 || fresh {
		return found, err
	}
	// The read belongs to everybody who waits for it, so that one caller's cancellation doesn't end it.
	reading := k.reads.DoChan("", func() (any, error) { return nil, k.read(context.WithoutCancel(ctx), now) })
	select {
	case <-ctx.Done():
		return nil, fmt.Errorf("%w: %w", errNoKeys, ctx.Err())
	case <-reading:
		found, _, err = k.known(id, now)
		return found, err
	}
}

// known are the candidates among the keys that have been read; fresh tells that reading again would be too soon.
func (k *Keys) known(id string, now time.Time) (found []jose.JSONWebKey, fresh bool, err error) {
	k.mu.RLock()
	defer k.mu.RUnlock()
	if found = matching(k.set, id); len(found) > 0 {
		return found, true, nil
	}
	since := now.Sub(k.loaded)
	return nil, !k.loaded.IsZero() && since >= 0 && since < k.wait(), k.failed
}

// read replaces the keys. After a failure those that are known stay.
func (k *Keys) read(ctx context.Context, now time.Time) error {
	ctx, cancel := context.WithTimeout(ctx, fetchTimeout)
	defer cancel()
	set, err := k.load(ctx)
	k.mu.Lock()
	defer k.mu.Unlock()
	k.loaded, k.failed = now, nil
	if err != nil {
		k.failed = fmt.Errorf("%w: %w", errNoKeys, err)
		return k.failed
	}
	k.set = publicHalves(set)
	return nil
}

// wait is how long a look for an unknown key counts. After a failure it is short, so that an issuer that is back
// is soon heard.
func (k *Keys) wait() time.Duration {
	if k.failed != nil {
		return k.pause / 10
	}
	return k.pause
}

func matching(set jose.JSONWebKeySet, id string) []jose.JSONWebKey {
	var found []jose.JSONWebKey
	for _, key := range set.Keys {
		if key.Use != "enc" && (id == "" || key.KeyID == id) {
			found = append(found, key)
		}
	}
	return found
}
