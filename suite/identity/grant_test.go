package identity

import (
	"encoding/json"
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"golang.org/x/oauth2"
)

// token is one by the grant for clients (RFC 6749, section 4.4), with what is to be different.
func (i *issuer) token(t *testing.T, change func(*grant)) string {
	t.Helper()
	i.mu.Lock()
	before := i.grants
	change(&i.grants)
	i.mu.Unlock()
	defer func() {
		i.mu.Lock()
		i.grants = before
		i.mu.Unlock()
	}()
	return i.exchange(t, url.Values{"grant_type": {"client_credentials"}, "scope": {"openid"}})
}

// exchange gets an access token.
func (i *issuer) exchange(t *testing.T, form url.Values) string {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, i.server.URL+"/oauth/token", strings.NewReader(form.Encode()))
	require.NoError(t, err)
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	req.SetBasicAuth(clientID, clientSecret)
	res, err := http.DefaultClient.Do(req)
	require.NoError(t, err)
	defer res.Body.Close()
	raw, err := io.ReadAll(res.Body)
	require.NoError(t, err)
	var answer struct {
		Token string `json:"access_token"`
	}
	require.NoError(t, json.Unmarshal(raw, &answer))
	require.NotEmpty(t, answer.Token, string(raw))
	return answer.Token
}

// signIn has a user sign in in a browser and gets a token with the code that comes back and its proof (RFC 7636).
func (i *issuer) signIn(t *testing.T) string {
	t.Helper()
	proof := oauth2.GenerateVerifier()
	app := oauth2.Config{
		ClientID: clientID, RedirectURL: comeBack, Scopes: []string{"openid"},
		Endpoint: oauth2.Endpoint{AuthURL: i.server.URL + "/auth", TokenURL: i.server.URL + "/oauth/token"},
	}
	jar, err := cookiejar.New(nil)
	require.NoError(t, err)
	var code string
	browser := &http.Client{Jar: jar, CheckRedirect: func(req *http.Request, _ []*http.Request) error {
		if strings.HasPrefix(req.URL.String(), comeBack) {
			code = req.URL.Query().Get("code")
			return http.ErrUseLastResponse
		}
		return nil
	}}
	asked, err := http.NewRequestWithContext(t.Context(), http.MethodGet, app.AuthCodeURL("state", oauth2.S256ChallengeOption(proof)), nil)
	require.NoError(t, err)
	page, err := browser.Do(asked)
	require.NoError(t, err)
	page.Body.Close()
	form := url.Values{"id": {page.Request.URL.Query().Get("authRequestID")}, "username": {"test-user2"}, "password": {"verysecure"}}
	filled, err := http.NewRequestWithContext(t.Context(), http.MethodPost, i.server.URL+"/login/username", strings.NewReader(form.Encode()))
	require.NoError(t, err)
	filled.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	back, err := browser.Do(filled)
	require.NoError(t, err)
	back.Body.Close()
	require.NotEmpty(t, code, "%s %s", back.Status, back.Request.URL)
	return i.exchange(t, url.Values{
		"grant_type": {"authorization_code"}, "code": {code}, "redirect_uri": {comeBack}, "code_verifier": {proof},
	})
}
