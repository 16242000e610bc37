package keyring

import (
	"crypto/hmac"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/binary"
	"fmt"
)

// Code returns a code of six digits for the parts, for somebody to read in one place and type in another. One in a million is right,
// so it is worth as much as what bounds the tries. Nobody needs to keep or carry it: all processes of an installation know it.
func (s *Signer) Code(purpose string, parts ...string) string {
	ring, at := s.ring()
	return code(ring[at], purpose, parts)
}

// VerifyCode tells whether the code is that of the parts, under any of the keys.
func (s *Signer) VerifyCode(text, purpose string, parts ...string) bool {
	ring, _ := s.ring()
	for _, key := range ring {
		if subtle.ConstantTimeCompare([]byte(text), []byte(code(key, purpose, parts))) == 1 {
			return true
		}
	}
	return false
}

func code(key Key, purpose string, parts []string) string {
	mac := hmac.New(sha256.New, secret(key))
	write(mac, "code for "+purpose, parts)
	return fmt.Sprintf("%06d", binary.BigEndian.Uint64(mac.Sum(nil))%1_000_000)
}
