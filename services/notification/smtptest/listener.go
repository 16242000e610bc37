package smtptest

import (
	"net"
	"sync"
)

// listener remembers what it accepted, so that Stop cuts off connections that the library does not know of yet, too.
type listener struct {
	net.Listener

	mu     sync.Mutex
	closed bool
	conns  []net.Conn
}

func (l *listener) Accept() (net.Conn, error) {
	conn, err := l.Listener.Accept()
	if err != nil {
		return nil, err
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.closed {
		_ = conn.Close()
		return nil, net.ErrClosed
	}
	l.conns = append(l.conns, conn)
	return conn, nil
}

// Close ends listening and all that was accepted.
func (l *listener) Close() error {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.closed = true
	for _, conn := range l.conns {
		_ = conn.Close()
	}
	return l.Listener.Close()
}
