package mailer

import (
	"cmp"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"net/url"
	"os"
	"slices"
	"strconv"
	"strings"
)

// settings say where the mail server is and how to talk to it.
type settings struct {
	host, address  string
	user, password string
	// implicit means TLS from the first byte; required, that nothing is sent in the clear.
	implicit, required bool
	// connections is how many there are at most.
	connections int
	// hello is the name to greet with; empty for the connection's own address.
	hello string
	tls   *tls.Config
}

// errURL does not repeat the URL, nor what url.Parse says of it: both would show the password.
var errURL = errors.New("mail server: no URL such as smtp://user:password@host:587 or smtps://host:465 " +
	"(in a password, characters such as / @ : % have to be escaped)")

// usualConnections is how many there are where nobody says.
const usualConnections = 4

// parseURL reads the mail server's URL; see New for its options.
func parseURL(text string) (*settings, error) {
	u, err := url.Parse(text)
	if err != nil || !slices.Contains([]string{"smtp", "smtps"}, u.Scheme) || u.Hostname() == "" ||
		strings.Trim(u.Path, "/") != "" || u.Fragment != "" {
		return nil, errURL
	}
	s := &settings{host: u.Hostname(), implicit: u.Scheme == "smtps", user: u.User.Username(), hello: hostName(), connections: usualConnections}
	s.password, _ = u.User.Password()
	s.address = net.JoinHostPort(s.host, cmp.Or(u.Port(), map[bool]string{false: "587", true: "465"}[s.implicit]))
	s.tls = &tls.Config{ServerName: s.host, MinVersion: tls.VersionTLS12}
	options, err := url.ParseQuery(u.RawQuery)
	if err != nil {
		return nil, errURL
	}
	for name, values := range options {
		if err := s.option(name, values[len(values)-1]); err != nil {
			return nil, fmt.Errorf("mail server: %s: %w", name, err)
		}
	}
	s.required = s.required || s.user != "" && !s.near()
	return s, nil
}

func (s *settings) option(name, value string) error {
	switch name {
	case "tls":
		s.required = true
		return oneOf(value, "required")
	case "insecure":
		s.tls.InsecureSkipVerify = value == "true" //nolint:gosec // asked for by name
		return oneOf(value, "true", "false")
	case "hello":
		s.hello = value
		if value == "" || strings.ContainsFunc(value, func(r rune) bool { return r <= ' ' || r > '~' }) {
			return errors.New("no host name")
		}
		return nil
	case "connections":
		n, err := strconv.Atoi(value)
		if s.connections = n; err != nil || n < 1 || n > 100 {
			return fmt.Errorf("%q is no number from 1 to 100", value)
		}
		return nil
	case "ca":
		return s.trust(value)
	}
	return errors.New("no such option: there are tls, ca, connections, insecure and hello")
}

// trust believes the certificates in the file, and no others.
func (s *settings) trust(file string) error {
	pem, err := os.ReadFile(file)
	if err != nil {
		return err
	}
	s.tls.RootCAs = x509.NewCertPool()
	if !s.tls.RootCAs.AppendCertsFromPEM(pem) {
		return fmt.Errorf("no certificate in %s", file)
	}
	return nil
}

// near tells whether the server is on this machine, where nobody listens in.
func (s *settings) near() bool {
	ip := net.ParseIP(s.host)
	return s.host == "localhost" || ip != nil && ip.IsLoopback()
}

func oneOf(value string, known ...string) error {
	if slices.Contains(known, value) {
		return nil
	}
	return fmt.Errorf("%q is not %s", value, strings.Join(known, " or "))
}

// hostName is the machine's full name. A short one, such as a container's, is none that servers accept.
func hostName() string {
	name, err := os.Hostname()
	if err != nil || !strings.Contains(name, ".") {
		return ""
	}
	return name
}
