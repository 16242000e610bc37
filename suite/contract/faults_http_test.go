package contract_test

import (
	"bytes"
	"net/http"
	"strings"
	"testing"

	"google.golang.org/protobuf/reflect/protoreflect"
)

// hugeBody is longer than the front door reads, tooDeep deeper than it looks.
const (
	hugeBody = 2 << 20
	tooDeep  = 10_000
)

// http sends what only HTTP can get wrong: paths, queries, bodies and their types.
func (b *badInput) http(t *testing.T) {
	good := b.rpc.split(t, asFields(t, b.request))
	b.paths(t)
	b.queries(t, good)
	if b.rpc.body == "" {
		b.raw(t, "a body", http.StatusBadRequest, good.having([]byte(`{}`)))
		return
	}
	b.bodies(t, good)
	b.kinds(t, good)
}

func (p parts) having(body []byte) parts {
	p.body = body
	return p
}

func (b *badInput) raw(t *testing.T, what string, status int, p parts) {
	a := b.send(t, b.rpc, b.token, "", p)
	b.refused("REST", what, "", a)
	if a.http != status {
		b.wrong = append(b.wrong, what+": want another HTTP status, got "+a.String())
	}
}

// paths has bytes in the path that no name has.
func (b *badInput) paths(t *testing.T) {
	for _, escaped := range []string{"%ff", "%00", "a%2Fb", "%E2%80%AE", "..;", "*"} {
		good := b.rpc.split(t, asFields(t, b.request))
		if !pathVariable.MatchString(b.rpc.path) {
			return
		}
		good.path = strings.Replace(good.path, "/v1/", "/v1/"+escaped, 1)
		b.refused("REST", "path "+good.path, "", b.send(t, b.rpc, b.token, "", good))
		good = b.rpc.split(t, asFields(t, b.request))
		slash := strings.LastIndexByte(good.path, '/')
		verb := strings.LastIndexByte(good.path, ':')
		if verb < 0 {
			verb = len(good.path)
		}
		good.path = good.path[:slash+1] + escaped + good.path[verb:]
		b.refused("REST", "path "+good.path, "", b.send(t, b.rpc, b.token, "", good))
	}
}

// queries has parameters that there are not, twice, or that are no text.
func (b *badInput) queries(t *testing.T, good parts) {
	send := func(query, field string) {
		p := good
		p.rawQuery = query
		if len(good.query) > 0 {
			p.rawQuery = good.query.Encode() + "&" + query
		}
		b.refused("REST", "?"+query, field, b.send(t, b.rpc, b.token, "", p))
	}
	send("nonsense=1", "nonsense")
	send("nonsense.deeper=1", "nonsense")
	send("%ff=1", "")
	send("a=%zz", "")
	send("a;b", "")
	fields := b.rpc.desc.Input().Fields()
	for i := range fields.Len() {
		fd := fields.Get(i)
		switch name := fd.JSONName(); {
		case b.rpc.inPath(string(fd.Name())) || b.rpc.inBody(fd.Name()):
			send(name+"=x", name)
		case fd.Kind() == protoreflect.StringKind:
			send(name+"=%ff", name)
			send(name+"=a&"+name+"=b", name)
			send(name+"=a&"+string(fd.Name())+"=b", "")
			send(name+".deeper=a", name)
		}
	}
}

// bodies are not JSON, not for this method, too deep, or too long.
func (b *badInput) bodies(t *testing.T, good parts) {
	for what, body := range map[string]string{
		"half a body": `{`, "null": `null`, "a list": `[]`, "a text": `"x"`, "a number": `42`, "two values": `{} {}`,
		"a comma too many": `{"a":1,}`, "single quotes": `{'a':1}`, "a byte order mark": "\ufeff{}", "a NUL": "\x00", "no UTF-8": "{\"nonsense\":\"\xff\"}",
		"half a surrogate": `{"nonsense":"\ud800"}`, "an unknown field": `{"nonsense":1}`, "blanks": "   ",
		"deep lists":   `{"nonsense":` + strings.Repeat("[", tooDeep) + strings.Repeat("]", tooDeep) + `}`,
		"deep objects": strings.Repeat(`{"a":`, tooDeep) + `1` + strings.Repeat(`}`, tooDeep),
		"deep and cut": strings.Repeat(`{"a":[`, tooDeep),
		"100 kB name":  `{"` + strings.Repeat("a", farTooLong) + `":1}`,
	} {
		b.raw(t, what, http.StatusBadRequest, good.having([]byte(body)))
	}
	b.raw(t, "a huge body", http.StatusRequestEntityTooLarge, good.having(bytes.Repeat([]byte(" "), hugeBody)))
	long := append(bytes.Repeat([]byte(" "), hugeBody), good.body...)
	b.raw(t, "a good body after 2 MiB", http.StatusRequestEntityTooLarge, good.having(long))
	if b.needsBody() {
		b.raw(t, "no body", http.StatusBadRequest, good.having(nil))
		b.raw(t, "an empty object", http.StatusBadRequest, good.having([]byte(`{}`)))
	}
	b.deepInFields(t, good)
	if len(good.body) > len(`{}`) {
		twice := append(append(bytes.TrimSuffix(bytes.Clone(good.body), []byte("}")), ','), good.body[1:]...)
		b.raw(t, "each field twice", http.StatusBadRequest, good.having(twice))
	}
}

// deepInFields nests too deep within each field that the method knows.
func (b *badInput) deepInFields(t *testing.T, good parts) {
	deep := strings.Repeat(`[`, tooDeep) + strings.Repeat(`]`, tooDeep)
	md := b.rpc.desc.Input()
	if b.rpc.body != "*" {
		md = md.Fields().ByName(protoreflect.Name(b.rpc.body)).Message()
	}
	for i := range md.Fields().Len() {
		name := md.Fields().Get(i).JSONName()
		b.raw(t, name+" too deep", http.StatusBadRequest, good.having([]byte(`{"`+name+`":`+deep+`}`)))
	}
}

// needsBody tells whether the body has to have something in it.
func (b *badInput) needsBody() bool {
	for _, s := range spots(b.rpc.desc.Input()) {
		if len(s.path) == 1 && s.required() && b.rpc.inBody(s.field().Name()) {
			return true
		}
	}
	return false
}

// kinds are good bodies that call themselves something else.
func (b *badInput) kinds(t *testing.T, good parts) {
	for _, kind := range []string{
		"text/plain", "application/x-www-form-urlencoded", "application/json; charset=latin1", "application/jsonx", "/",
	} {
		p := good
		p.kind = kind
		b.raw(t, "a body of "+kind, http.StatusUnsupportedMediaType, p)
	}
}
