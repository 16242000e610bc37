package gateway

import (
	"encoding/json"
	"strings"

	"google.golang.org/protobuf/encoding/protojson"
)

// appendStatus writes a google.rpc.Status.
func (p *problem) appendStatus(to []byte) []byte {
	if text, err := protojson.Marshal(p.status.Proto()); err == nil {
		return append(to, text...)
	}
	// A detail of a type that this process does not know can't be written as JSON: the reason is enough.
	bare := withReason(p.status.Code(), p.status.Message(), p.info.GetReason())
	text, err := protojson.Marshal(bare.Proto())
	if err != nil {
		return append(to, `{"code":13,"message":"a fault of ours"}`...)
	}
	return append(to, text...)
}

// typeAuthority begins the type of every problem; a tag URI (RFC 4151), since there is no page behind it.
const typeAuthority = "tag:kept.dev,2026:"

// violation is one fault in a problem.
type violation struct {
	Field       string `json:"field"`
	Description string `json:"description"`
}

// appendProblem writes an RFC 9457 problem.
func (p *problem) appendProblem(to []byte) []byte {
	members := struct {
		Type       string            `json:"type"`
		Title      string            `json:"title"`
		Status     int               `json:"status"`
		Detail     string            `json:"detail"`
		Reason     string            `json:"reason"`
		Metadata   map[string]string `json:"metadata,omitempty"`
		Violations []violation       `json:"violations,omitempty"`
	}{
		Type:     typeAuthority + p.info.GetReason(),
		Title:    title(p.info.GetReason()),
		Status:   p.http,
		Detail:   p.status.Message(),
		Reason:   p.info.GetReason(),
		Metadata: p.info.GetMetadata(),
	}
	for _, f := range p.fields {
		members.Violations = append(members.Violations, violation{f.GetField(), f.GetDescription()})
	}
	text, err := json.Marshal(members)
	if err != nil {
		return append(to, `{"type":"about:blank","status":500}`...)
	}
	return append(to, text...)
}

// title is a reason in words: it is the same for all problems of a type.
func title(reason string) string {
	if reason == "" {
		return "Error"
	}
	words := strings.ReplaceAll(reason, "_", " ")
	return words[:1] + strings.ToLower(words[1:])
}
