package mailer

import (
	"bufio"
	"net"
	"net/textproto"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"github.com/wneessen/go-mail/smtp"
)

// scripted is the client's end of a connection to a server that follows a script.
func scripted(t testing.TB, script func(net.Conn)) *conn {
	t.Helper()
	ours, theirs := net.Pipe()
	t.Cleanup(func() { ours.Close(); theirs.Close() })
	go func() {
		theirs.Write([]byte("220 ready\r\n"))
		script(theirs)
	}()
	client, err := smtp.NewClient(ours, "scripted")
	require.NoError(t, err)
	return &conn{raw: ours, smtp: client}
}

// The connection dies after each single byte of a mail in turn. As long as one byte is missing the server can't have the
// mail; when none is, only it knows.
func TestLostAtEachByte(t *testing.T) {
	content := "Subject: x\r\n\r\n" + strings.Repeat(".a line that starts with a dot\r\n", 300)
	whole := len(content) + 300 + len(".\r\n")
	places := []int{0, 1, 4095, 4096, 4097, 8192, whole - 4, whole - 3, whole - 2, whole - 1}
	for n := 100; n < whole; n += 97 {
		places = append(places, n)
	}
	for _, n := range places {
		c := scripted(t, func(server net.Conn) {
			read(server, n)
			server.Close()
		})
		out := c.sendContent(t.Context(), []byte(content))
		require.Equal(t, Retry, out.State, "after %d of %d bytes: %s", n, whole, out.Answer)
		require.True(t, c.broken)
	}
	c := scripted(t, func(server net.Conn) {
		read(server, whole)
		server.Close()
	})
	require.Equal(t, Unknown, c.sendContent(t.Context(), []byte(content)).State)
	require.True(t, c.broken)
}

func read(from net.Conn, n int) {
	for buffer := make([]byte, 512); n > 0; {
		got, err := from.Read(buffer[:min(n, len(buffer))])
		if err != nil {
			return
		}
		n -= got
	}
}

// What servers say to a mail's end, also the odd ones.
func TestAnswers(t *testing.T) {
	for reply, want := range map[string]Outcome{
		"250 ok\r\n":                       {Sent, "250 ok"},
		"200 fine\r\n":                     {Sent, "200 fine"},
		"250-first\r\n250 queued as 1\r\n": {Sent, "250 first queued as 1"},
		"250\r\n":                          {Unknown, "lost between"},
		"421 closing\r\n":                  {Retry, "421 closing"},
		"451 later\r\n":                    {Retry, "451 later"},
		"554 5.7.1 spam\r\n":               {Failed, "554 5.7.1 spam"},
		"354 go ahead\r\n":                 {Unknown, "354 go ahead"},
		"999 what\r\n":                     {Unknown, "999 what"},
		"what?\r\n":                        {Unknown, "lost between"},
		"250 o":                            {Sent, "250 o"}, // it is the number that counts
		"25":                               {Unknown, "lost between"},
		"250-first\r\n":                    {Unknown, "lost between"},
		"\r\n":                             {Unknown, "lost between"},
		"":                                 {Unknown, "lost between"},
	} {
		t.Run(strings.TrimSpace(reply), func(t *testing.T) {
			c := scripted(t, func(server net.Conn) {
				for lines := bufio.NewScanner(server); lines.Scan() && lines.Text() != "."; {
				}
				server.Write([]byte(reply))
				server.Close()
			})
			out := c.sendContent(t.Context(), []byte("Subject: x\r\n\r\nx\r\n"))
			require.Equal(t, want.State, out.State, out.Answer)
			require.Contains(t, out.Answer, want.Answer)
			require.Equal(t, want.State == Unknown || strings.HasPrefix(reply, "421"), c.broken)
		})
	}
}

// A refusal leaves the connection good for the next mail; anything else does not.
func TestRefusals(t *testing.T) {
	for reply, want := range map[string]struct {
		state  State
		broken bool
	}{
		"550 no": {Failed, false}, "450 later": {Retry, false}, "421 bye": {Retry, true}, "530 login": {Retry, false},
		"354 what": {Retry, true}, "what": {Retry, true},
	} {
		c := scripted(t, func(server net.Conn) {
			lines := bufio.NewScanner(server)
			for lines.Scan() {
				answer := reply
				if strings.HasPrefix(lines.Text(), "EHLO") {
					answer = "250 hello"
				}
				server.Write([]byte(answer + "\r\n"))
			}
		})
		l, err := write(Mail{To: "a@example.com", From: "b@example.com", MessageID: "1@example.com"}, nil)
		require.NoError(t, err)
		err = c.sendEnvelope(t.Context(), l)
		require.Error(t, err)
		require.Equal(t, want.state, refused(err).State, reply)
		require.Equal(t, want.broken, c.broken, reply)
	}
}

// Ways to give a password that the test server does not have.
func TestLogin(t *testing.T) {
	for way, said := range map[string][]string{
		"LOGIN":    {"AUTH LOGIN", "c2hvcA==", "c2VjcmV0"},
		"XX PLAIN": {"AUTH PLAIN AHNob3AAc2VjcmV0"},
	} {
		heard := make(chan string, 10)
		c := scripted(t, func(server net.Conn) {
			text := textproto.NewConn(server)
			for {
				l, err := text.ReadLine()
				if err != nil {
					return
				}
				heard <- l
				switch {
				case strings.HasPrefix(l, "EHLO"):
					text.PrintfLine("250-hello\r\n250 AUTH %s", way)
				case l == "AUTH LOGIN", l == "c2hvcA==":
					text.PrintfLine("334 ")
				default:
					text.PrintfLine("235 welcome")
				}
			}
		})
		require.NoError(t, c.smtp.Hello("me"))
		require.NoError(t, c.login(&settings{host: "scripted", user: "shop", password: "secret"}))
		require.Equal(t, "EHLO me", <-heard)
		require.Equal(t, said, []string(slices.Collect(drain(heard))))
	}
}

func drain(c chan string) func(func(string) bool) {
	return func(yield func(string) bool) {
		for len(c) > 0 {
			yield(<-c)
		}
	}
}

// A password goes in the clear to this machine only.
func TestPasswordDemandsTLS(t *testing.T) {
	for url, want := range map[string]bool{
		"smtp://u:p@mail.example": true, "smtp://u:p@127.0.0.1": false, "smtp://u:p@localhost:25": false,
		"smtp://u:p@[::1]:25": false, "smtp://mail.example": false, "smtp://mail.example?tls=required": true,
	} {
		s, err := parseURL(url)
		require.NoError(t, err)
		require.Equal(t, want, s.required, url)
	}
}

func TestPorts(t *testing.T) {
	for url, want := range map[string]string{
		"smtp://mail.example": "mail.example:587", "smtps://mail.example": "mail.example:465", "smtp://mail.example:25": "mail.example:25",
		"smtp://[::1]": "[::1]:587",
	} {
		s, err := parseURL(url)
		require.NoError(t, err)
		require.Equal(t, want, s.address)
	}
}

// A connection is not kept for ever.
func TestKeptForAWhile(t *testing.T) {
	k := connPool{patience: time.Millisecond}
	left := make(chan string, 1)
	c := scripted(t, func(server net.Conn) {
		lines := bufio.NewScanner(server)
		for lines.Scan() {
			if lines.Text() == "QUIT" {
				left <- lines.Text()
			}
			server.Write([]byte("250 ok\r\n"))
		}
	})
	k.put(c)
	require.Equal(t, "QUIT", <-left)
	require.Nil(t, k.take())

	k.patience = time.Hour
	k.put(c)
	require.Same(t, c, k.take())
	require.Nil(t, k.take())
}

// A server that is told sender and addressee at once answers both; the first refusal is the mail's, and the connection is good for
// the next mail unless it was lost meanwhile.
func TestRefusalsWhereBothAreNamedTogether(t *testing.T) {
	for replies, want := range map[string]struct {
		state  State
		answer string
		broken bool
	}{
		"250 ok\r\n550 no\r\n":                {Failed, "550 no", false},
		"450 later\r\n503 what sender?\r\n":   {Retry, "450 later", false},
		"553 no\r\n":                          {Failed, "553 no", true},
		"250 ok\r\n":                          {Retry, "lost before", true},
		"421 bye\r\n":                         {Retry, "421 bye", true},
		"what\r\n250 ok\r\n":                  {Retry, "lost before", true},
		"250 ok\r\n251 gone on\r\n450 no\r\n": {Retry, "450 no", false},
	} {
		c := scripted(t, func(server net.Conn) {
			lines := bufio.NewScanner(server)
			for lines.Scan() {
				switch {
				case strings.HasPrefix(lines.Text(), "EHLO"):
					server.Write([]byte("250-hello\r\n250 PIPELINING\r\n"))
				case strings.HasPrefix(lines.Text(), "RCPT"):
					answers := strings.SplitAfter(replies, "\r\n")
					server.Write([]byte(strings.Join(answers[:min(2, len(answers))], "")))
					if len(answers) < 3 {
						server.Close()
					}
				case lines.Text() == "DATA":
					server.Write([]byte("450 no\r\n"))
				}
			}
		})
		require.NoError(t, c.smtp.Hello("me"))
		l, err := write(Mail{To: "a@example.com", From: "b@example.com", MessageID: "1@example.com"}, nil)
		require.NoError(t, err)
		out := refused(c.sendEnvelope(t.Context(), l))
		require.Equal(t, want.state, out.State, replies)
		require.Contains(t, out.Answer, want.answer, replies)
		require.Equal(t, want.broken, c.broken, replies)
	}
}
