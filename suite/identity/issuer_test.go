// Package identity proves who is believed: tokens of an OpenID Connect issuer that is not ours, and the suite's own keys while
// they are rotated.
package identity

import (
	"context"
	"crypto/rand"
	"crypto/rsa"
	"net/http"
	"net/http/httptest"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/go-jose/go-jose/v4"
	"github.com/stretchr/testify/require"
	"github.com/zitadel/oidc/v3/example/server/exampleop"
	"github.com/zitadel/oidc/v3/example/server/storage"
	"github.com/zitadel/oidc/v3/pkg/oidc"
	"github.com/zitadel/oidc/v3/pkg/op"
)

// The one client that the issuer knows, and where the issuer sends its users back to.
const (
	clientID, clientSecret = "shop", "secret"
	comeBack               = "http://localhost:9999/auth/callback"
)

// issuer is a certified OpenID provider, with its example's storage, in this process. It can be away, rotate its keys and make
// tokens that are not as they should be.
type issuer struct {
	*storage.Storage
	server *httptest.Server
	away   atomic.Bool

	mu     sync.Mutex
	keys   []*signingKey // the last signs, all are published
	grants grant
}

// grant is what the next tokens say.
type grant struct {
	audience string
	roles    []string
	life     time.Duration
	behind   time.Duration // how far the issuer's clock is behind, or, below zero, ahead
}

// newIssuer starts one.
func newIssuer(t *testing.T) *issuer {
	t.Helper()
	i := &issuer{grants: grant{audience: clientID, roles: []string{"offline_access", "desk"}, life: time.Hour}}
	var handler http.Handler
	i.server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if i.away.Load() {
			w.WriteHeader(http.StatusBadGateway)
			return
		}
		handler.ServeHTTP(w, r)
	}))
	t.Cleanup(i.server.Close)
	i.Storage = storage.NewStorage(storage.NewUserStore(i.server.URL))
	i.rotate(t)
	handler = exampleop.SetupServer(i.server.URL, i, nil, false)
	return i
}

// rotate makes a new key. Those before stay published.
func (i *issuer) rotate(t *testing.T) {
	t.Helper()
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	require.NoError(t, err)
	i.mu.Lock()
	defer i.mu.Unlock()
	i.keys = append(i.keys, &signingKey{id: rand.Text(), key: key})
}

// SigningKey implements op.Storage.
func (i *issuer) SigningKey(context.Context) (op.SigningKey, error) {
	i.mu.Lock()
	defer i.mu.Unlock()
	return i.keys[len(i.keys)-1], nil
}

// KeySet implements op.Storage.
func (i *issuer) KeySet(context.Context) (set []op.Key, err error) {
	i.mu.Lock()
	defer i.mu.Unlock()
	for _, key := range i.keys {
		set = append(set, publicKey{key})
	}
	return set, nil
}

// SignatureAlgorithms implements op.Storage.
func (i *issuer) SignatureAlgorithms(context.Context) ([]jose.SignatureAlgorithm, error) {
	return []jose.SignatureAlgorithm{jose.RS256}, nil
}

func (i *issuer) granted() grant {
	i.mu.Lock()
	defer i.mu.Unlock()
	return i.grants
}

// CreateAccessToken implements op.Storage.
func (i *issuer) CreateAccessToken(ctx context.Context, request op.TokenRequest) (string, time.Time, error) {
	id, _, err := i.Storage.CreateAccessToken(ctx, request)
	return id, time.Now().Add(i.granted().life), err
}

// GetPrivateClaimsFromScopes implements op.Storage, as Keycloak does.
func (i *issuer) GetPrivateClaimsFromScopes(context.Context, string, string, []string) (map[string]any, error) {
	return map[string]any{"realm_access": map[string]any{"roles": i.granted().roles}}, nil
}

// GetClientByClientID implements op.Storage.
func (i *issuer) GetClientByClientID(context.Context, string) (op.Client, error) {
	return i.client(), nil
}

// AuthorizeClientIDSecret implements op.Storage.
func (i *issuer) AuthorizeClientIDSecret(ctx context.Context, id, secret string) error {
	_, err := i.ClientCredentials(ctx, id, secret)
	return err
}

// ClientCredentials implements op.ClientCredentialsStorage.
func (i *issuer) ClientCredentials(_ context.Context, id, secret string) (op.Client, error) {
	if id != clientID || secret != clientSecret {
		return nil, oidc.ErrInvalidClient()
	}
	return i.client(), nil
}

// ClientCredentialsTokenRequest implements op.ClientCredentialsStorage.
func (i *issuer) ClientCredentialsTokenRequest(_ context.Context, id string, scopes []string) (op.TokenRequest, error) {
	return &oidc.JWTTokenRequest{Subject: id, Audience: []string{i.granted().audience}, Scopes: scopes}, nil
}

func (i *issuer) client() client {
	return client{storage.WebClient(clientID, clientSecret, comeBack), i.granted().behind}
}

// client is one whose access tokens are JWTs.
type client struct {
	*storage.Client
	behind time.Duration
}

func (c client) AccessTokenType() op.AccessTokenType { return op.AccessTokenTypeJWT }
func (c client) ClockSkew() time.Duration            { return c.behind }
func (c client) GrantTypes() []oidc.GrantType {
	return slices.Concat(c.Client.GrantTypes(), []oidc.GrantType{oidc.GrantTypeClientCredentials})
}

type signingKey struct {
	id  string
	key *rsa.PrivateKey
}

func (k *signingKey) SignatureAlgorithm() jose.SignatureAlgorithm { return jose.RS256 }
func (k *signingKey) Key() any                                    { return k.key }
func (k *signingKey) ID() string                                  { return k.id }

type publicKey struct{ *signingKey }

func (k publicKey) Algorithm() jose.SignatureAlgorithm { return jose.RS256 }
func (k publicKey) Use() string                        { return "sig" }
func (k publicKey) Key() any                           { return &k.key.PublicKey }
