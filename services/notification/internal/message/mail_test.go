package message

import (
	"testing"

	"github.com/stretchr/testify/require"
)

// A mail server refuses a Message-ID, and many an address, with letters beyond ASCII.
func TestNamesOfHostsAreInASCII(t *testing.T) {
	for url, want := range map[string]string{
		"https://shop.example:8443/x": "shop.example", "https://крамниця.укр": "xn--80aqejfp0c4d.xn--j1amh", "http://[::1]:8080": "localhost",
		"": "localhost", "https://a_b..": "localhost",
	} {
		require.Equal(t, want, hostOf(url), url)
	}
	for email, want := range map[string]string{
		"anna@почта.рф": "anna@xn--80a1acny.xn--p1ai", "Anna@Example.org": "Anna@example.org", "nonsense": "nonsense",
	} {
		require.Equal(t, want, addressOf(email), email)
	}
}
