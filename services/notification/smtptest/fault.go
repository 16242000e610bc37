package smtptest

import (
	"cmp"
	"slices"
	"time"

	"github.com/emersion/go-smtp"
)

// Stage is a point of the dialogue at which a fault strikes.
type Stage int

const (
	// Hello is EHLO; clients that are refused there say HELO, which strikes again.
	Hello Stage = iota
	// Sender is MAIL FROM.
	Sender
	// Recipient is RCPT TO.
	Recipient
	// Data is the question whether the content may come.
	Data
	// Body is within the content, before its end. A fault here can only drop the connection. Whether the sender sees
	// that before its last byte is gone depends on the mail's length: a short one has been sent at one go by then.
	Body
	// End is the final dot: the server has the whole mail. A refused mail is not kept; when the connection is dropped
	// the mail has been kept, and only the answer is missing.
	End
)

// Fault is what goes wrong at a stage: a delay, then the connection is dropped, or the command is refused by the code.
type Fault struct {
	At Stage
	// Code and Text refuse: 4xx for now, 5xx for good.
	Code int
	Text string
	// Drop cuts the connection instead of answering.
	Drop bool
	// Lose makes the server forget the mail that it drops the connection for at End, as if it had died.
	Lose bool
	// Delay is how long the server waits first (wall time). Without Code and Drop it then goes on as ever.
	Delay time.Duration
	// To strikes mails to this address only, from the stage Recipient on; empty strikes all.
	To string
	// Times is how often it strikes; zero is until ClearFaults.
	Times int

	struck int
}

// InjectFault makes the fault strike from now on. Of several that fit, the one that was given first does.
func (s *Server) InjectFault(f Fault) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.faults = append(s.faults, &f)
}

// ClearFaults takes all faults away.
func (s *Server) ClearFaults() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.faults = nil
}

// strike finds the fault for the stage, and counts it.
func (s *Server) strike(at Stage, to []string) *Fault {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, f := range s.faults {
		if f.At == at && (f.Times == 0 || f.struck < f.Times) && (f.To == "" || slices.Contains(to, f.To)) {
			f.struck++
			found := *f
			return &found
		}
	}
	return nil
}

// refusal is the fault's answer, or nil.
func (f *Fault) refusal() error {
	if f == nil || f.Code == 0 {
		return nil
	}
	return &smtp.SMTPError{Code: f.Code, Message: cmp.Or(f.Text, "refused by the test")}
}
