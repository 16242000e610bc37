// Package keyring keeps the keys that all processes of an installation share, and signs and seals with them what leaves it and has to be
// known again when it comes back, such as links in messages. The keys are a set in a file, newest first, which is replaced whole and
// noticed by those that use it. A new key may be known to all before the first of them signs with it, so
// that no process is asked to accept what it can't know yet.
package keyring

import (
	"encoding/json"
	"fmt"
	"slices"
	"time"

	"github.com/go-jose/go-jose/v4"
)

// Kept is how many replaced keys stay good.
const Kept = 16

// Key is a key and from when on it signs.
type Key struct {
	jose.JSONWebKey
	SignsFrom time.Time // by the second; zero for always
}

// Ring are keys, newest first.
type Ring []Key

// fromMember holds SignsFrom in a key's JSON, in seconds since 1970. RFC 7517, section 4, has others ignore it.
const fromMember = "signs_from"

// Signing is the place of the key to sign with: the newest whose time has come, or, when none's has, the oldest that can
// sign. It is -1 when none can.
func (r Ring) Signing(now time.Time) int {
	last := -1
	for i, key := range r {
		if key.IsPublic() {
			continue
		}
		if last = i; !now.Before(key.SignsFrom) {
			return i
		}
	}
	return last
}

// With puts a new key first. Of asymmetric keys that will not sign again the public halves stay, and of all only the newest.
func (r Ring) With(key Key, now time.Time) Ring {
	out := append(Ring{key}, r...)
	out = out[:min(len(out), 1+Kept)]
	for i := out.Signing(now) + 1; i < len(out); i++ {
		if half := out[i].Public(); half.Valid() {
			out[i].JSONWebKey = half
		}
	}
	return out
}

// Set is the ring without the times.
func (r Ring) Set() (set jose.JSONWebKeySet) {
	for _, key := range r {
		set.Keys = append(set.Keys, key.JSONWebKey)
	}
	return set
}

// MarshalJSON writes a JWK.
func (k Key) MarshalJSON() ([]byte, error) {
	raw, err := k.JSONWebKey.MarshalJSON()
	if err != nil || k.SignsFrom.IsZero() {
		return raw, err
	}
	return fmt.Appendf(slices.Clip(raw[:len(raw)-1]), `,%q:%d}`, fromMember, k.SignsFrom.Unix()), nil
}

// UnmarshalJSON reads a JWK.
func (k *Key) UnmarshalJSON(raw []byte) error {
	var times struct {
		From int64 `json:"signs_from"`
	}
	if err := json.Unmarshal(raw, &times); err != nil {
		return err
	}
	if k.SignsFrom = (time.Time{}); times.From > 0 {
		k.SignsFrom = time.Unix(times.From, 0)
	}
	return k.JSONWebKey.UnmarshalJSON(raw)
}
