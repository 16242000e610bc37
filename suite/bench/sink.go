package bench

import (
	"io"
	"log"
	"net"
	"sync"

	"github.com/emersion/go-smtp"
)

// sink is a mail server that takes everything, counts, and remembers the last mail.
type sink struct {
	server *smtp.Server
	door   net.Listener

	mu    sync.Mutex
	count int
	last  []byte
}

func openSink() (*sink, error) {
	door, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	s := &sink{door: door}
	s.server = smtp.NewServer(smtp.BackendFunc(func(*smtp.Conn) (smtp.Session, error) { return letterBox{s}, nil }))
	s.server.Domain, s.server.ErrorLog = "localhost", log.New(io.Discard, "", 0)
	go func() { _ = s.server.Serve(door) }() // it ends when the sink is closed
	return s, nil
}

func (s *sink) address() string { return s.door.Addr().String() }
func (s *sink) url() string     { return "smtp://" + s.address() }
func (s *sink) close()          { _ = s.server.Close() }

// mails is how many have come, and lastMail the last of them.
func (s *sink) mails() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.count
}

func (s *sink) lastMail() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return string(s.last)
}

// letterBox takes mails on one connection.
type letterBox struct{ sink *sink }

func (letterBox) Mail(string, *smtp.MailOptions) error { return nil }
func (letterBox) Rcpt(string, *smtp.RcptOptions) error { return nil }
func (letterBox) Reset()                               {}
func (letterBox) Logout() error                        { return nil }

// Data implements smtp.Session.
func (b letterBox) Data(r io.Reader) error {
	raw, err := io.ReadAll(r)
	b.sink.mu.Lock()
	defer b.sink.mu.Unlock()
	b.sink.count++
	b.sink.last = raw
	return err
}
