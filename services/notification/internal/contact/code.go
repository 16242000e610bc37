package contact

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"time"
)

const customers = "customers/"

// CustomerOf is the customer of a Confirmed timer.
func CustomerOf(key string) string { return customers + key }

// Code is a code that is to be mailed to the address that a customer had when it was asked for. The address stands here as a hash:
// personal data are in no timer.
type Code struct {
	Customer, Address string
	AskedTime         time.Time
}

// ReadCode reads the payload of a CodeWanted timer.
func ReadCode(payload []byte) (c Code, err error) {
	if err := json.Unmarshal(payload, &c); err != nil {
		return c, fmt.Errorf("read whom a code is for: %w", err)
	}
	return c, nil
}

// For tells whether the code is for the contact as it is now. Whoever has confirmed the address, or has another one meanwhile, needs
// none.
func (c Code) For(to Contact) bool {
	return to.Customer == c.Customer && !to.EmailConfirmed && hashOf(to.Email) == c.Address
}

func (c Code) payload() []byte {
	raw, err := json.Marshal(c)
	if err != nil { // two texts can always be written
		panic(err)
	}
	return raw
}

func hashOf(email string) string {
	sum := sha256.Sum256([]byte(email))
	return hex.EncodeToString(sum[:])
}
