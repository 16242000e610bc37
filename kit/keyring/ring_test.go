package keyring_test

import (
	"crypto/ed25519"
	"encoding/json"
	"os"
	"path/filepath"
	"strconv"
	"testing"
	"time"

	"github.com/go-jose/go-jose/v4"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"kept.dev/kit/keyring"
)

func private(t require.TestingT, id string) jose.JSONWebKey {
	_, key, err := ed25519.GenerateKey(nil)
	require.NoError(t, err)
	return jose.JSONWebKey{Key: key, KeyID: id}
}

// TestWhoSigns compares with the plain reading of the rule: whenever looked at, the newest key whose time has come signs, and
// it still has its private half, however often and with whatever overlap keys were rotated.
func TestWhoSigns(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		now := time.Unix(1_800_000_000, 0)
		ring := keyring.Ring{{JSONWebKey: private(t, "0")}}
		froms := []time.Time{now}
		for i := range rapid.IntRange(0, keyring.Kept-1).Draw(t, "rotations") {
			now = now.Add(time.Duration(rapid.IntRange(0, 20).Draw(t, "minutes between")) * time.Minute)
			from := now.Add(time.Duration(rapid.IntRange(0, 20).Draw(t, "overlap")) * time.Minute)
			ring = ring.With(keyring.Key{JSONWebKey: private(t, strconv.Itoa(i+1)), SignsFrom: from}, now)
			froms = append(froms, from)
		}
		for later := range 30 {
			at := now.Add(time.Duration(later) * time.Minute)
			want := 0
			for i, from := range froms {
				if !at.Before(from) {
					want = i
				}
			}
			require.Equal(t, strconv.Itoa(want), ring[ring.Signing(at)].KeyID)
			for _, key := range ring[ring.Signing(now)+1:] {
				require.True(t, key.IsPublic(), "what will not sign again is gone")
			}
		}
	})
}

func TestWhereNoneSigns(t *testing.T) {
	now := time.Now()
	require.Equal(t, -1, keyring.Ring{}.Signing(now))
	old := private(t, "1")
	require.Equal(t, -1, keyring.Ring{{JSONWebKey: old.Public()}}.Signing(now))
	young := keyring.Ring{
		{JSONWebKey: private(t, "2"), SignsFrom: now.Add(time.Hour)}, {JSONWebKey: private(t, "1"), SignsFrom: now.Add(time.Minute)},
	}
	require.Equal(t, 1, young.Signing(now), "a clock that is behind doesn't leave a process without a key")
}

func TestSecretKeysStayAsLongAsAnyAndNoLonger(t *testing.T) {
	var ring keyring.Ring
	for i := range keyring.Kept + 5 {
		ring = ring.With(keyring.Key{JSONWebKey: jose.JSONWebKey{Key: []byte("secret"), KeyID: strconv.Itoa(i)}}, time.Now())
	}
	require.Len(t, ring, 1+keyring.Kept)
	for _, key := range ring {
		require.Equal(t, []byte("secret"), key.Key)
	}
	require.Equal(t, strconv.Itoa(keyring.Kept+4), ring[0].KeyID)
}

func TestAFileIsAJWKSet(t *testing.T) {
	file := keyring.File(filepath.Join(t.TempDir(), "some", "keys.json"))
	from := time.Unix(1_800_000_000, 0)
	wrote, err := file.Change(func(ring keyring.Ring) (keyring.Ring, error) {
		require.Nil(t, ring)
		return keyring.Ring{{JSONWebKey: private(t, "new"), SignsFrom: from}, {JSONWebKey: private(t, "old")}}, nil
	})
	require.NoError(t, err)
	read, err := file.Read()
	require.NoError(t, err)
	for i, key := range wrote {
		require.Equal(t, key.Key, read[i].Key)
		require.Equal(t, key.KeyID, read[i].KeyID)
		require.True(t, key.SignsFrom.Equal(read[i].SignsFrom))
	}

	raw, err := os.ReadFile(string(file))
	require.NoError(t, err)
	var set jose.JSONWebKeySet
	require.NoError(t, json.Unmarshal(raw, &set), "others can read it")
	require.Equal(t, read.Set(), set)
	info, err := os.Stat(string(file))
	require.NoError(t, err)
	require.EqualValues(t, 0o600, info.Mode().Perm())
}
