package token

import (
	"context"
	"encoding/json"
	"strings"
	"sync"
	"time"

	"github.com/coreos/go-oidc/v3/oidc"

	"kept.dev/kit/access"
	accessv1 "kept.dev/proto/gen/kept/access/v1"
)

// OIDCIssuer is an issuer outside the suite whose tokens count here, such as the company's identity provider.
type OIDCIssuer struct {
	// URL is its `iss`; its keys are discovered at URL/.well-known/openid-configuration when first needed.
	URL string
	// Audience has to be among the token's `aud`.
	Audience string
	// RoleClaim names the claim that holds the role, a word or a list of words; a dot goes down a level, as in
	// "realm_access.roles". The default is "role".
	RoleClaim string
	// Roles says which word stands for which role. The default are the roles' own names in lower case, less
	// "service": that an outsider may act as a service has to be said here.
	Roles map[string]accessv1.Role
	// DefaultRole is the role where no word stands for one. Unspecified refuses such a token.
	DefaultRole accessv1.Role
	// CustomerClaim names the claim that holds the customer's id, with or without "customers/". The default is "sub".
	CustomerClaim string
}

// skew is how far an external issuer's clock may be off.
const skew = time.Minute

// byPower orders the roles for tokens that carry several: the most powerful counts.
var byPower = [...]accessv1.Role{
	accessv1.Role_ROLE_SERVICE, accessv1.Role_ROLE_ADMIN, accessv1.Role_ROLE_MANAGER, accessv1.Role_ROLE_AGENT,
	accessv1.Role_ROLE_PARTNER, accessv1.Role_ROLE_CUSTOMER, accessv1.Role_ROLE_GUEST,
}

func (o OIDCIssuer) withDefaults() OIDCIssuer {
	if o.RoleClaim == "" {
		o.RoleClaim = roleClaim
	}
	if o.CustomerClaim == "" {
		o.CustomerClaim = "sub"
	}
	if o.Roles == nil {
		o.Roles = map[string]accessv1.Role{}
		for _, r := range byPower {
			if r != accessv1.Role_ROLE_SERVICE {
				o.Roles[RoleName(r)] = r
			}
		}
	}
	return o
}

// keys are the issuer's, at the place that its discovery document names.
func (o OIDCIssuer) keys() *Keys {
	var (
		mu    sync.Mutex
		known string
	)
	return keysFrom(func(ctx context.Context) (string, error) {
		mu.Lock()
		defer mu.Unlock()
		if known != "" {
			return known, nil
		}
		provider, err := oidc.NewProvider(ctx, o.URL)
		if err != nil {
			return "", err
		}
		var found struct {
			Keys string `json:"jwks_uri"`
		}
		err = provider.Claims(&found)
		known = found.Keys
		return known, err
	})
}

// principal reads who the token stands for out of its claims.
func (o OIDCIssuer) principal(claims map[string]json.RawMessage) access.Principal {
	role := o.role(words(claims, o.RoleClaim))
	from := "sub"
	if role == accessv1.Role_ROLE_CUSTOMER {
		from = o.CustomerClaim
	}
	id := words(claims, from)
	if role == accessv1.Role_ROLE_UNSPECIFIED || len(id) != 1 || id[0] == "" {
		return access.Principal{}
	}
	return access.Principal{Role: role, Subject: collection(role) + strings.TrimPrefix(id[0], collection(role))}
}

func (o OIDCIssuer) role(words []string) accessv1.Role {
	for _, role := range byPower {
		for _, word := range words {
			if o.Roles[word] == role {
				return role
			}
		}
	}
	return o.DefaultRole
}

// words are the strings that a claim holds: one, a list, or none. A claim whose own name has dots (as URLs do)
// goes before one found by going down.
func words(claims map[string]json.RawMessage, name string) []string {
	raw, ok := claims[name]
	if !ok {
		first, rest, nested := strings.Cut(name, ".")
		var inner map[string]json.RawMessage
		if !nested || json.Unmarshal(claims[first], &inner) != nil {
			return nil
		}
		return words(inner, rest)
	}
	var one string
	if json.Unmarshal(raw, &one) == nil {
		return []string{one}
	}
	var list []string
	if json.Unmarshal(raw, &list) == nil {
		return list
	}
	return nil
}
