package importer

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strings"
)

// Error is what the server has against a request.
type Error struct {
	Status  int    // of HTTP
	Reason  string // such as "IMPORT_STARTED"; empty when it was not Kept that answered
	Message string
	Fields  []Field // what is wrong where, if it is that
}

// Field is what is wrong with one field of a request.
type Field struct{ Field, Description string }

// Error tells it for a person: the message, or what is wrong with each field, several on lines of their own.
func (e *Error) Error() string {
	if len(e.Fields) == 0 {
		return e.Message
	}
	told := make([]string, len(e.Fields))
	for i, f := range e.Fields {
		told[i] = f.Field + ": " + f.Description
	}
	if len(told) == 1 {
		return told[0]
	}
	return fmt.Sprintf("%d faults\n  %s", len(told), strings.Join(told, "\n  "))
}

// newError reads a google.rpc.Status. What stands between may answer too, in whatever form.
func newError(status int, text []byte) *Error {
	var body struct {
		Message string
		Details []struct {
			Reason          string
			FieldViolations []Field
		}
	}
	if json.Unmarshal(text, &body) != nil || body.Message == "" {
		return &Error{Status: status, Message: fmt.Sprintf("%d %s", status, http.StatusText(status))}
	}
	e := &Error{Status: status, Message: body.Message}
	for _, d := range body.Details {
		if d.Reason != "" {
			e.Reason = d.Reason
		}
		e.Fields = append(e.Fields, d.FieldViolations...)
	}
	return e
}

// passing tells whether a fault may be gone a moment later: nobody answers, or somebody who asks to come again.
func passing(err error) bool {
	var refused *Error
	if !errors.As(err, &refused) {
		return true
	}
	switch refused.Status {
	case http.StatusTooManyRequests, http.StatusBadGateway, http.StatusServiceUnavailable, http.StatusGatewayTimeout:
		return true
	}
	return false
}
