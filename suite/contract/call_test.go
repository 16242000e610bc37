package contract_test

import (
	"bufio"
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"google.golang.org/genproto/googleapis/rpc/errdetails"
	spb "google.golang.org/genproto/googleapis/rpc/status"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/proto"
)

// answer is what came back, over whichever way.
type answer struct {
	message  proto.Message // nil when refused
	raw      []byte        // the message as it came
	status   *status.Status
	http     int // 0 over gRPC
	replayed bool
}

func (a answer) code() codes.Code { return a.status.Code() }

func (a answer) reason() string {
	for _, d := range a.status.Details() {
		if info, ok := d.(*errdetails.ErrorInfo); ok && info.GetDomain() == "kept" {
			return info.GetReason()
		}
	}
	return ""
}

// violations are the fields that the answer finds fault with.
func (a answer) violations() []string {
	var fields []string
	for _, d := range a.status.Details() {
		if bad, ok := d.(*errdetails.BadRequest); ok {
			for _, v := range bad.GetFieldViolations() {
				fields = append(fields, v.GetField())
			}
		}
	}
	return fields
}

// String is the answer for a failing test to show.
func (a answer) String() string {
	return fmt.Sprintf("%s %s %q %v (HTTP %d)", a.code(), a.reason(), a.status.Message(), a.violations(), a.http)
}

// way is a way to call: the caller's token ("" for none), the idempotency key ("" for none), and the request.
type way func(t testing.TB, r rpc, token, key string, request proto.Message) answer

// ways are all ways by which the RPC can be called.
func (w *fixture) ways(r rpc) map[string]way {
	ways := map[string]way{"gRPC": w.overGRPC}
	if r.overREST() {
		ways["REST"] = w.overREST
	}
	return ways
}

func (w *fixture) overGRPC(t testing.TB, r rpc, token, key string, request proto.Message) answer {
	ctx := t.Context()
	if token != "" {
		ctx = metadata.AppendToOutgoingContext(ctx, "authorization", "Bearer "+token)
	}
	if key != "" {
		ctx = metadata.AppendToOutgoingContext(ctx, "idempotency-key", key)
	}
	var header metadata.MD
	response := r.newResponse(t)
	if r.streams() {
		return streamed(ctx, w.suite.Channel(r.at), r, request, response)
	}
	err := w.suite.Channel(r.at).Invoke(ctx, r.full(), request, response, grpc.Header(&header))
	a := answer{status: status.Convert(err), replayed: slices.Equal(header.Get("idempotent-replayed"), []string{"true"})}
	if err != nil {
		return a
	}
	a.message = response
	if a.raw, err = (proto.MarshalOptions{Deterministic: true}).Marshal(response); err != nil {
		a.status = status.New(codes.Internal, err.Error()) // what a wire would make of it
	}
	return a
}

// streamed takes the first message of a stream for its answer.
func streamed(ctx context.Context, conn grpc.ClientConnInterface, r rpc, request, response proto.Message) answer {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	stream, err := conn.NewStream(ctx, &grpc.StreamDesc{StreamName: string(r.desc.Name()), ServerStreams: true}, r.full())
	if err == nil {
		err = errors.Join(stream.SendMsg(request), stream.CloseSend())
	}
	if err == nil || errors.Is(err, io.EOF) {
		err = stream.RecvMsg(response)
	}
	if err != nil {
		return answer{status: status.Convert(err)}
	}
	raw, err := (proto.MarshalOptions{Deterministic: true}).Marshal(response)
	if err != nil {
		return answer{status: status.New(codes.Internal, err.Error())}
	}
	return answer{status: status.New(codes.OK, ""), message: response, raw: raw}
}

func (w *fixture) overREST(t testing.TB, r rpc, token, key string, request proto.Message) answer {
	return w.send(t, r, token, key, r.split(t, asFields(t, request)))
}

// parts are a request as HTTP carries it.
type parts struct {
	path     string // escaped
	query    url.Values
	rawQuery string // instead of query
	body     []byte // nil for none
	kind     string // of the body; JSON when empty
}

// split spreads the fields of a request, in JSON, over path, query and body, as the HTTP rule says.
func (r rpc) split(t testing.TB, fields map[string]any) parts {
	p := parts{query: url.Values{}}
	p.path = pathVariable.ReplaceAllStringFunc(r.path, func(v string) string {
		return strings.ReplaceAll(url.PathEscape(take(fields, pathVariable.FindStringSubmatch(v)[1])), "%2F", "/")
	})
	rest := map[string]any{}
	for name, value := range fields {
		switch field := r.desc.Input().Fields().ByJSONName(name); {
		case r.body == "*":
			rest[name] = value
		case field != nil && r.body == string(field.Name()):
			p.body = inJSON(t, value)
		default:
			p.query.Set(name, plain(inJSON(t, value)))
		}
	}
	if r.body == "*" {
		p.body = inJSON(t, rest)
	}
	return p
}

// take takes a field out of a request in JSON, by its name: "name", or "customer.name".
func take(fields map[string]any, name string) string {
	first, rest, nested := strings.Cut(name, ".")
	if nested {
		inner, _ := fields[jsonName(first)].(map[string]any)
		return take(inner, rest)
	}
	value, _ := fields[jsonName(first)].(string)
	delete(fields, jsonName(first))
	return value
}

func inJSON(t testing.TB, value any) []byte {
	text, err := json.Marshal(value)
	require.NoError(t, err)
	return text
}

// plain is a value as a query writes it: texts have no quotes there.
func plain(value []byte) string {
	var text string
	if json.Unmarshal(value, &text) == nil {
		return text
	}
	return string(value)
}

// jsonName turns page_size into pageSize.
func jsonName(name string) string {
	words := strings.Split(name, "_")
	for i, word := range words[1:] {
		words[i+1] = strings.ToUpper(word[:1]) + word[1:]
	}
	return strings.Join(words, "")
}

// target is the path with the query.
func (p parts) target() string {
	if query := cmp.Or(p.rawQuery, p.query.Encode()); query != "" {
		return p.path + "?" + query
	}
	return p.path
}

// send sends an HTTP request and reads the answer: the RPC's message, or a google.rpc.Status.
func (w *fixture) send(t testing.TB, r rpc, token, key string, p parts) answer {
	req, err := http.NewRequestWithContext(t.Context(), r.verb, w.env.URL+p.target(), bytes.NewReader(p.body))
	require.NoError(t, err)
	if p.body != nil {
		req.Header.Set("Content-Type", cmp.Or(p.kind, "application/json"))
	}
	if token != "" {
		req.Header.Set("Authorization", "Bearer "+token)
	}
	if key != "" {
		req.Header.Set("Idempotency-Key", key)
	}
	res, err := w.env.HTTP.Do(req)
	require.NoError(t, err)
	defer res.Body.Close()
	raw, err := read(r, res)
	require.NoError(t, err)
	a := answer{http: res.StatusCode, raw: raw, replayed: res.Header.Get("Idempotent-Replayed") == "true"}
	if a.http == http.StatusOK {
		a.status, a.message = status.New(codes.OK, ""), r.newResponse(t)
		require.NoError(t, protojson.Unmarshal(raw, a.message))
		return a
	}
	refusal := &spb.Status{}
	require.NoError(t, protojson.Unmarshal(raw, refusal), "HTTP %d: %s", a.http, raw)
	a.status = status.FromProto(refusal)
	return a
}

// read is what an answer says: its body, or the first event of a stream.
func read(r rpc, res *http.Response) ([]byte, error) {
	if !r.streams() || res.StatusCode != http.StatusOK {
		return io.ReadAll(res.Body)
	}
	lines := bufio.NewScanner(res.Body)
	for lines.Scan() {
		if data, ok := strings.CutPrefix(lines.Text(), "data: "); ok {
			return []byte(data), nil
		}
	}
	return nil, fmt.Errorf("the stream has ended without an event: %w", lines.Err())
}
