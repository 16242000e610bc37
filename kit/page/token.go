package page

import (
	"bytes"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"errors"
	"fmt"
	"strings"
	"unicode/utf8"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"

	"kept.dev/kit/errs"
)

// A token is base64url of a checksum and the last row's keys. The checksum also covers the request, so that a token
// fits the request that it came from only. It is no secret and no signature: whoever forges one starts a page
// elsewhere in a list that they may see anyway, because the scope is never taken from the token.
const (
	maxToken = 8192
	sumSize  = 12
)

var errToken = errors.New("page token")

// fingerprint tells requests apart by all that decides which rows come in which order.
func fingerprint(req Request, keys []key) [32]byte {
	all := req.ProtoReflect()
	kept := all.New()
	all.Range(func(f protoreflect.FieldDescriptor, v protoreflect.Value) bool {
		if f.Name() != "page_size" && f.Name() != "page_token" {
			kept.Set(f, v)
		}
		return true
	})
	// A request from the wire always marshals; another that does not only makes tokens that fit less well.
	body, _ := proto.MarshalOptions{Deterministic: true}.Marshal(kept.Interface())
	return sha256.Sum256(fmt.Appendf(nil, "%s\n%v\n%s", all.Descriptor().FullName(), keys, body))
}

func (q *Query) sum(payload []byte) []byte {
	sum := sha256.Sum256(append(q.request[:], payload...))
	return sum[:sumSize]
}

func (q *Query) encode(values []any) (string, error) {
	var payload []byte
	for i, v := range values {
		var err error
		if payload, err = appendValue(payload, q.keys[i], v); err != nil {
			return "", err
		}
	}
	return base64.RawURLEncoding.EncodeToString(append(q.sum(payload), payload...)), nil
}

func appendValue(out []byte, k key, v any) ([]byte, error) {
	switch v := v.(type) {
	case string:
		if k.kind == String {
			return append(binary.AppendUvarint(out, uint64(len(v))), v...), nil
		}
	case bool:
		if k.kind == Bool && v {
			return append(out, 1), nil
		} else if k.kind == Bool {
			return append(out, 0), nil
		}
	case int64:
		if k.kind != String && k.kind != Bool {
			return binary.AppendVarint(out, v), nil
		}
	}
	return nil, errs.Internal("a page token can't hold a %T for column %s", v, k.column)
}

// decode reads a token's values back, each of its column's kind, however the token was damaged or forged.
func (q *Query) decode(token string) ([]any, error) {
	refusal := errs.Invalid("page_token",
		"is not the next_page_token of a request whose other fields, but for page_size, were the same")
	// The decoder skips line breaks, which no token has.
	if len(token) > maxToken || strings.ContainsAny(token, "\r\n") {
		return nil, refusal
	}
	raw, err := base64.RawURLEncoding.Strict().DecodeString(token)
	if err != nil || len(raw) < sumSize || !bytes.Equal(raw[:sumSize], q.sum(raw[sumSize:])) {
		return nil, refusal
	}
	in := bytes.NewReader(raw[sumSize:])
	values := make([]any, len(q.keys))
	for i, k := range q.keys {
		if values[i], err = readValue(in, k); err != nil {
			return nil, refusal
		}
	}
	if in.Len() > 0 {
		return nil, refusal
	}
	return values, nil
}

func readValue(in *bytes.Reader, k key) (any, error) {
	switch k.kind {
	case String:
		return readString(in)
	case Bool:
		b, err := in.ReadByte()
		return b == 1, err
	default:
		return binary.ReadVarint(in)
	}
}

func readString(in *bytes.Reader) (string, error) {
	n, err := binary.ReadUvarint(in)
	if err != nil || n > uint64(in.Len()) {
		return "", errToken
	}
	text := make([]byte, n)
	if _, err := in.Read(text); err != nil && n > 0 {
		return "", err
	}
	if s := string(text); storable(s) {
		return s, nil
	}
	return "", errToken
}

// storable tells whether both databases take the text: PostgreSQL refuses NUL and what is not UTF-8.
func storable(s string) bool {
	return utf8.ValidString(s) && !strings.ContainsRune(s, 0)
}
