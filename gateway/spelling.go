package gateway

import (
	"bytes"
	"strings"

	"google.golang.org/genproto/googleapis/rpc/errdetails"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/types/known/anypb"
)

// inCallersNames names the fields of violations as the caller does; services name them as the contract's proto files do.
func (x *exchange) inCallersNames(st *status.Status) *status.Status {
	message := st.Proto()
	for i, detail := range message.GetDetails() {
		var bad errdetails.BadRequest
		if detail.UnmarshalTo(&bad) != nil {
			continue
		}
		for _, f := range bad.GetFieldViolations() {
			old := f.GetField()
			f.Field = x.spelled(old)
			if old == maskField {
				x.spellMaskFault(f)
			}
			if rest, begins := strings.CutPrefix(message.GetMessage(), old+": "); begins {
				message.Message = f.GetField() + ": " + rest
			}
		}
		if renamed, err := anypb.New(&bad); err == nil {
			message.Details[i] = renamed
		}
	}
	return status.FromProto(message)
}

// spellMaskFault tells what is wrong with a mask. One that was made from the body is the body's fault.
func (x *exchange) spellMaskFault(f *errdetails.BadRequest_FieldViolation) {
	f.Description = jsonPath(f.GetDescription())
	if x.maskMade {
		f.Field = x.route.content.JSONName()
	}
}

// spelled is a path of field names, each as JSON has it, or with underscores where the caller has written it so.
func (x *exchange) spelled(path string) string {
	parts := strings.Split(path, ".")
	for i, part := range parts {
		if name, _, _ := strings.Cut(part, "["); !x.wrote(name) {
			parts[i] = jsonPath(name) + strings.TrimPrefix(part, name)
		}
	}
	return strings.Join(parts, ".")
}

// wrote tells whether the caller's body or query has the name as it is.
func (x *exchange) wrote(name string) bool {
	if !strings.Contains(name, "_") {
		return false
	}
	if bytes.Contains(x.input, []byte(`"`+name+`"`)) {
		return true
	}
	for given := range x.query {
		if given == name || strings.HasPrefix(given, name+".") || strings.HasSuffix(given, "."+name) {
			return true
		}
	}
	return false
}

// jsonPath turns "order.delivery_option" into "order.deliveryOption".
func jsonPath(path string) string {
	words := strings.Split(path, "_")
	for i, word := range words {
		if i > 0 && word != "" {
			words[i] = strings.ToUpper(word[:1]) + word[1:]
		}
	}
	return strings.Join(words, "")
}
