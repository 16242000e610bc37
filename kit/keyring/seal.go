package keyring

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/hkdf"
	"crypto/sha256"
	"encoding/base64"
	"strings"
)

// Seal encrypts what only this installation may read, in characters that may stand in a URL. Each time it looks different.
func (s *Signer) Seal(purpose string, plain []byte) string {
	ring, at := s.ring()
	return base64.RawURLEncoding.EncodeToString(sealing(ring[at], purpose).Seal(nil, nil, plain, nil))
}

// Unseal returns what any of the keys has sealed for the purpose; not ok when none has. What is sealed has one text only: none that
// differs from it is known, not even by a line break, which decoders of base64 skip.
func (s *Signer) Unseal(purpose, text string) (plain []byte, ok bool) {
	sealed, err := base64.RawURLEncoding.Strict().DecodeString(text)
	if err != nil || strings.ContainsAny(text, "\r\n") {
		return nil, false
	}
	ring, _ := s.ring()
	for _, key := range ring {
		if plain, err = sealing(key, purpose).Open(nil, nil, sealed, nil); err == nil {
			return plain, true
		}
	}
	return nil, false
}

// sealing is AES-256-GCM with random nonces, with a key of its own for each purpose (HKDF-Expand, RFC 5869).
func sealing(key Key, purpose string) cipher.AEAD {
	derived, err := hkdf.Expand(sha256.New, secret(key), "key for "+purpose, keySize)
	if err != nil { // only for more bytes than 8160
		panic(err)
	}
	block, err := aes.NewCipher(derived)
	if err != nil { // only for keys of other sizes
		panic(err)
	}
	aead, err := cipher.NewGCMWithRandomNonce(block)
	if err != nil { // only for other ciphers than AES
		panic(err)
	}
	return aead
}
