package gateway

import (
	"io"
	"net/http"
	"time"
)

const (
	// leastRate is how fast a client has to send, and to read, in the long run, in bytes a second.
	leastRate = 1 << 10
	// bodyPatience is how long it may send nothing of a body that a call needs, and uploadPatience of a file.
	bodyPatience   = 10 * time.Second
	uploadPatience = 30 * time.Second
	// answerPatience is how long it may read nothing of an answer.
	answerPatience = 30 * time.Second
)

// pace is a body that has to come at the least rate. A client has its patience to begin with; waiting uses it up, and what
// comes earns it back. Only reading counts: while we are busy with what came, a client can't send.
type pace struct {
	body     io.Reader
	control  *http.ResponseController
	patience time.Duration
	left     time.Duration
}

func (x *exchange) paced(body io.Reader, patience time.Duration) *pace {
	return &pace{body: body, control: http.NewResponseController(x.w), patience: patience, left: patience}
}

// Read fails with os.ErrDeadlineExceeded when the client is too slow. Readers that have no deadlines, such as tests', are left
// to block; a server takes the deadline away itself when the body has come.
func (p *pace) Read(b []byte) (int, error) {
	began := time.Now()
	_ = p.control.SetReadDeadline(began.Add(p.left))
	n, err := p.body.Read(b)
	earned := time.Duration(n) * time.Second / leastRate
	p.left = min(p.patience, p.left-time.Since(began)+earned)
	return n, err
}
