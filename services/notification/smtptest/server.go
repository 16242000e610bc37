// Package smtptest is a mail server for tests, in the test's own process: real SMTP on a real port of 127.0.0.1, with
// TLS and passwords when wanted. It remembers the mails that it took, refuses, dawdles and drops connections on demand,
// and can be stopped and started again on the same port.
package smtptest

import (
	"crypto/tls"
	"encoding/pem"
	"fmt"
	"io"
	"log"
	"net"
	"net/url"
	"slices"
	"strings"
	"sync"

	"github.com/emersion/go-smtp"

	"kept.dev/kit/localserver"
)

// TLS says whether connections are encrypted, and when.
type TLS int

const (
	// Clear offers no TLS.
	Clear TLS = iota
	// STARTTLS offers it in the greeting.
	STARTTLS
	// Implicit speaks it from the first byte.
	Implicit
)

// Options say what sort of server it is. The zero value takes any mail in the clear.
type Options struct {
	TLS TLS
	// User and Password are asked for where User is set.
	User, Password string
	// UTF8 takes addresses with letters beyond ASCII.
	UTF8 bool
	// Address is where it listens; a free port of 127.0.0.1 when empty.
	Address string
	// Keep is how many mails it remembers, the last ones; all when zero.
	Keep int
}

// Server is a mail server. Many may use it at once.
type Server struct {
	options Options
	address string
	cert    tls.Certificate

	mu      sync.Mutex
	running *smtp.Server // nil while stopped
	door    *listener
	stopped chan struct{}
	mails   []Mail
	faults  []*Fault
	opened  int
}

// Start starts a server. Whoever starts it stops it.
func Start(options Options) (*Server, error) {
	address := options.Address
	if address == "" {
		port, err := localserver.FreePort()
		if err != nil {
			return nil, err
		}
		address = fmt.Sprintf("127.0.0.1:%d", port)
	}
	cert, err := selfSigned()
	if err != nil {
		return nil, err
	}
	s := &Server{options: options, address: address, cert: cert}
	return s, s.Restart()
}

// Restart starts a stopped server again, on the same port, with the mails and faults that it had.
func (s *Server) Restart() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.running != nil {
		return nil
	}
	port, err := net.Listen("tcp", s.address)
	if err != nil {
		return err
	}
	s.door = &listener{Listener: port}
	server := smtp.NewServer(smtp.BackendFunc(s.session))
	server.Domain, server.AllowInsecureAuth, server.EnableSMTPUTF8 = "localhost", true, s.options.UTF8
	server.ErrorLog = log.New(io.Discard, "", 0)
	config := &tls.Config{Certificates: []tls.Certificate{s.cert}}
	var door net.Listener = s.door
	switch s.options.TLS {
	case STARTTLS:
		server.TLSConfig = config
	case Implicit:
		door = tls.NewListener(door, config)
	}
	s.running, s.stopped = server, make(chan struct{})
	go func() { _ = server.Serve(door) }() // ends when Stop closes the door
	return nil
}

// Stop cuts off all connections and listens no more. The mails stay.
func (s *Server) Stop() {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.running == nil {
		return
	}
	close(s.stopped)
	_ = s.running.Close()
	_ = s.door.Close()
	s.running = nil
}

// URL is where the server is, as mail settings have it: "smtp://user:password@127.0.0.1:25025". The parameters follow
// it, each as "name=value".
func (s *Server) URL(parameters ...string) string {
	u := url.URL{Scheme: "smtp", Host: s.address, RawQuery: strings.Join(parameters, "&")}
	if s.options.TLS == Implicit {
		u.Scheme = "smtps"
	}
	if s.options.User != "" {
		u.User = url.UserPassword(s.options.User, s.options.Password)
	}
	return u.String()
}

// CA is the certificate to trust, in PEM.
func (s *Server) CA() []byte {
	return pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: s.cert.Certificate[0]})
}

// Mails are those that the server took, in order.
func (s *Server) Mails() []Mail {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.mails)
}

// MailsTo are those that it took for the address.
func (s *Server) MailsTo(address string) []Mail {
	return slices.DeleteFunc(s.Mails(), func(m Mail) bool { return !slices.Contains(m.To, address) })
}

// ClearMails forgets the mails.
func (s *Server) ClearMails() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.mails = nil
}

// Connections is how many connections have greeted the server so far; with STARTTLS each greets twice and counts once.
func (s *Server) Connections() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.opened
}

func (s *Server) keep(m Mail) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.mails = append(s.mails, m)
	if over := len(s.mails) - s.options.Keep; s.options.Keep > 0 && over > 0 {
		s.mails = slices.Delete(s.mails, 0, over)
	}
}
