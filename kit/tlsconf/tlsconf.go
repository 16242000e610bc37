// Package tlsconf makes mutual TLS from mounted files that change while the process runs: a certificate manager
// rotates them, and nobody restarts.
package tlsconf

import (
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"os"
	"sync"
	"time"
)

// Files are PEM files: this process's certificate with its key, and the CAs of those it talks to.
type Files struct{ Cert, Key, CA string }

// interval is how long files are believed to be unchanged. A handshake within it does not touch the disk.
const interval = 5 * time.Second

// Source reads the files again when they have changed. While they can't be read, or don't fit together (a
// rotation replaces them one after the other), what was read last goes on to serve.
type Source struct {
	files Files
	now   func() time.Time

	mu      sync.Mutex
	looked  time.Time
	stamps  [3]stamp
	current *material
	fault   error
}

// material is what the files hold: replaced as a whole, never changed.
type material struct {
	cert *tls.Certificate
	cas  *x509.CertPool
}

// stamp tells versions of a file apart. A mounted secret changes by a link, so the file behind the name counts.
type stamp struct {
	modified time.Time
	size     int64
	file     os.FileInfo
}

func (s stamp) same(other stamp) bool {
	return s.modified.Equal(other.modified) && s.size == other.size &&
		(s.file == nil) == (other.file == nil) && (s.file == nil || os.SameFile(s.file, other.file))
}

// Open reads the files. It fails if they are not there or don't fit together.
func Open(files Files) (*Source, error) { return open(files, time.Now) }

func open(files Files, now func() time.Time) (*Source, error) {
	s := &Source{files: files, now: now}
	if s.get() == nil {
		return nil, fmt.Errorf("tls: %w", s.fault)
	}
	return s, nil
}

// Check tells whether the files, as they are now, could be used: for readiness and alarms. The process goes on
// with the last good ones meanwhile.
func (s *Source) Check() error {
	s.get()
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.fault
}

// get returns what the files hold, having looked at them if the last look is too long ago.
func (s *Source) get() *material {
	s.mu.Lock()
	defer s.mu.Unlock()
	if now := s.now(); s.looked.IsZero() || now.Sub(s.looked) >= interval || now.Before(s.looked) {
		s.looked = now
		s.refresh()
	}
	return s.current
}

func (s *Source) refresh() {
	stamps, err := s.files.stamps()
	if err != nil {
		s.fault = err
		return
	}
	if s.current != nil && s.fault == nil && same(stamps, s.stamps) {
		return
	}
	fresh, err := s.files.read()
	if err != nil {
		s.fault = err
		return
	}
	s.current, s.stamps, s.fault = fresh, stamps, nil
}

func same(a, b [3]stamp) bool { return a[0].same(b[0]) && a[1].same(b[1]) && a[2].same(b[2]) }

func (f Files) stamps() (out [3]stamp, err error) {
	for i, name := range []string{f.Cert, f.Key, f.CA} {
		info, err := os.Stat(name)
		if err != nil {
			return out, err
		}
		out[i] = stamp{info.ModTime(), info.Size(), info}
	}
	return out, nil
}

func (f Files) read() (*material, error) {
	cert, err := tls.LoadX509KeyPair(f.Cert, f.Key)
	if err != nil {
		return nil, fmt.Errorf("certificate %s with key %s: %w", f.Cert, f.Key, err)
	}
	text, err := os.ReadFile(f.CA)
	if err != nil {
		return nil, err
	}
	cas := x509.NewCertPool()
	if !cas.AppendCertsFromPEM(text) {
		return nil, fmt.Errorf("%s holds no certificate", f.CA)
	}
	return &material{&cert, cas}, nil
}
