package token

import (
	"encoding/json"
	"errors"
	"strings"
	"time"

	"github.com/go-jose/go-jose/v4/jwt"

	"kept.dev/kit/access"
	accessv1 "kept.dev/proto/gen/kept/access/v1"
)

// The claims of the suite's own tokens.
const (
	// OwnIssuer is the `iss` of the suite's own tokens.
	OwnIssuer = "kept"
	// Audience is the `aud` of the suite's own tokens.
	Audience = "kept"
	// roleClaim holds the role in the suite's own tokens, in lower case.
	roleClaim = "role"
)

// ownClaims is what the suite's own tokens say.
type ownClaims struct {
	jwt.Claims
	Role string `json:"role"`
}

// times are the claims that bound a token's life, in seconds since 1970. External issuers write fractions too.
type times struct {
	Expiry    *json.Number `json:"exp"`
	NotBefore *json.Number `json:"nbf"`
}

// latestTime is where JSON's numbers stop being times: the year 9999.
const latestTime = 253402300799

func moment(n *json.Number) (time.Time, error) {
	if n == nil {
		return time.Time{}, errors.New("no time")
	}
	seconds, err := n.Float64()
	if err != nil || seconds < 0 || seconds > latestTime {
		return time.Time{}, errors.New("not a time")
	}
	return time.Unix(int64(seconds), 0), nil
}

// RoleName is the role as tokens and the command line write it: "customer", "agent"; "" for no role.
func RoleName(r accessv1.Role) string {
	if r == accessv1.Role_ROLE_UNSPECIFIED {
		return ""
	}
	return strings.ToLower(strings.TrimPrefix(r.String(), "ROLE_"))
}

// RoleNamed is the role of that name; ok is false where there is none.
func RoleNamed(name string) (r accessv1.Role, ok bool) {
	if name != strings.ToLower(name) {
		return 0, false
	}
	n, ok := accessv1.Role_value["ROLE_"+strings.ToUpper(name)]
	return accessv1.Role(n), ok && n != 0
}

// collections are the resource names' first segments, by role.
func collection(r accessv1.Role) string { return RoleName(r) + "s/" }

// sound tells whether the principal can be acted for. A customer's subject has to be exactly one resource name:
// with a further slash it could stand for something below somebody else's.
func sound(p access.Principal) bool {
	if _, ok := RoleNamed(RoleName(p.Role)); !ok || p.Subject == "" {
		return false
	}
	if p.Role != accessv1.Role_ROLE_CUSTOMER {
		return true
	}
	id, ok := strings.CutPrefix(p.Subject, collection(p.Role))
	return ok && id != "" && id != "-" && !strings.Contains(id, "/")
}
