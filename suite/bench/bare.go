package bench

import (
	"fmt"
	"net/textproto"
	"strings"
	"time"

	"golang.org/x/sync/errgroup"
)

// bareConnections is how many connections a bare sender keeps.
const bareConnections = 32

// bareMails sends the same mail so many times, over connections that are kept, and returns mails a second: the most that can be had
// from the mail server by a sender that has nothing else to do.
func bareMails(address, mail string, count int) (float64, error) {
	content := strings.Split(strings.TrimRight(strings.ReplaceAll(mail, "\r\n", "\n"), "\n"), "\n")
	start := time.Now()
	var group errgroup.Group
	for range bareConnections {
		group.Go(func() error { return bareSender(address, content, count/bareConnections) })
	}
	if err := group.Wait(); err != nil {
		return 0, fmt.Errorf("bare sender: %w", err)
	}
	return float64(count/bareConnections*bareConnections) / time.Since(start).Seconds(), nil
}

func bareSender(address string, content []string, count int) error {
	conn, err := textproto.Dial("tcp", address)
	if err != nil {
		return err
	}
	defer conn.Close()
	if _, _, err := conn.ReadResponse(220); err != nil {
		return err
	}
	if err := ask(conn, 250, "EHLO bench"); err != nil {
		return err
	}
	for range count {
		if err := bareMail(conn, content); err != nil {
			return err
		}
	}
	return ask(conn, 221, "QUIT")
}

func bareMail(conn *textproto.Conn, content []string) error {
	for _, step := range []struct {
		code int
		text string
	}{{250, "MAIL FROM:<shop@example.org>"}, {250, "RCPT TO:<reader@example.org>"}, {354, "DATA"}} {
		if err := ask(conn, step.code, step.text); err != nil {
			return err
		}
	}
	w := conn.DotWriter()
	for _, line := range content {
		if _, err := w.Write([]byte(line + "\r\n")); err != nil {
			return err
		}
	}
	if err := w.Close(); err != nil {
		return err
	}
	_, _, err := conn.ReadResponse(250)
	return err
}

func ask(conn *textproto.Conn, code int, text string) error {
	if err := conn.PrintfLine("%s", text); err != nil {
		return err
	}
	_, _, err := conn.ReadResponse(code)
	return err
}
