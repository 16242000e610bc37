// Package link makes and reads the links by which a customer acts from a message. Whoever has the link is taken for the
// message's addressee, so it can't be guessed or made outside: it is signed over all that it stands for.
package link

import (
	"strconv"
	"strings"
	"time"

	"kept.dev/kit/keyring"
)

// Collection is what actions' names begin with.
const Collection = "actions/"

// purpose keeps these signatures from being good for anything else.
const purpose = "action"

// Grant is what a link stands for: a choice from a message, its addressee's until it expires.
type Grant struct {
	Message, Choice, Customer string
	Expires                   time.Time
}

// Name is the name of the action, `actions/{message}.{choice}.{signature}`: the link itself.
func (g Grant) Name(signer *keyring.Signer) string {
	return Collection + g.Message + "." + strings.ToLower(g.Choice) + "." + signer.Sign(purpose, g.parts()...)
}

// Signed tells whether the link was made here for this grant.
func (g Grant) Signed(signer *keyring.Signer, signature string) bool {
	return signer.Verify(signature, purpose, g.parts()...)
}

func (g Grant) parts() []string {
	return []string{g.Message, g.Choice, g.Customer, strconv.FormatInt(g.Expires.UnixMicro(), 10)}
}

// Parse takes a link apart. What it says is worth nothing before its signature is verified.
func Parse(name string) (message, choice, signature string, ok bool) {
	parts := strings.Split(strings.TrimPrefix(name, Collection), ".")
	if len(parts) != 3 || parts[0] == "" || parts[1] == "" || strings.ToLower(parts[1]) != parts[1] {
		return "", "", "", false
	}
	return parts[0], strings.ToUpper(parts[1]), parts[2], true
}
