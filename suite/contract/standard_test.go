package contract_test

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"
	"google.golang.org/grpc/codes"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/types/known/fieldmaskpb"
)

// TestStandardMethods holds every List, Update and Delete to what all of them promise, besides what the other tables hold every RPC to:
// pages that fit together, filters, orders and tokens that are refused by name, etags, masks, and that what is deleted is gone.
func TestStandardMethods(t *testing.T) {
	w := newFixture(t)
	cases := 0
	for _, r := range rpcs(t) {
		s := standard{w, r, w.mayCall(r).token, &cases}
		for verb, check := range map[string]func(*testing.T){"List": s.list, "Update": s.update, "Delete": s.delete} {
			if r.does(verb) {
				t.Run(r.String(), check)
			}
		}
	}
	t.Logf("%d calls of standard methods", cases)
}

// standard is one standard method.
type standard struct {
	*fixture
	rpc   rpc
	token string
	cases *int
}

func (s standard) call(t *testing.T, request proto.Message) answer {
	*s.cases++
	return s.overGRPC(t, s.rpc, s.token, "", request)
}

// with is the request with a text in a field, or with another number of things on a page.
func with(request proto.Message, field protoreflect.Name, value any) proto.Message {
	copied := proto.Clone(request)
	copied.ProtoReflect().Set(copied.ProtoReflect().Descriptor().Fields().ByName(field), protoreflect.ValueOf(value))
	return copied
}

func (s standard) has(field protoreflect.Name) bool {
	return s.rpc.desc.Input().Fields().ByName(field) != nil
}

// refuses checks that the request is the caller's fault, by the name of the field.
func (s standard) refuses(t *testing.T, field, what string, request proto.Message) {
	a := s.call(t, request)
	require.Equal(t, codes.InvalidArgument, a.code(), "%s: %v", what, a)
	named := false
	for _, v := range a.violations() {
		named = named || within(v, field)
	}
	require.True(t, named, "%s names %s: %v", what, field, a)
}

func (s standard) list(t *testing.T) {
	request := s.sample(t, s.rpc)
	for field, faults := range map[protoreflect.Name][]string{
		"page_token": {"x", "AAAA", "\u2028", "eyJvZmZzZXQiOjF9"},
		"filter":     {"no_such_field = 1", "(", "state = ", "= 1", `"`},
		"order_by":   {"no_such_field", "name sideways", ",", "name,"},
	} {
		for _, fault := range faults {
			if s.has(field) {
				s.refuses(t, string(field), fmt.Sprintf("%s %q", field, fault), with(request, field, fault))
			}
		}
	}
	if s.has("page_token") {
		s.pages(t, request)
	}
}

// pages reads everything by twos, twice: nothing comes twice, nothing is left out that one page has.
func (s standard) pages(t *testing.T, request proto.Message) {
	if _, there := s.rpc.create(t); there { // a second one, so that there are pages
		request = with(s.sample(t, s.rpc), "page_size", int32(2))
	}
	s.settle() // what has been made until now comes into other services' lists, and nothing comes while we turn pages
	seen, token := map[string]bool{}, ""
	request = with(request, "page_size", int32(2))
	for {
		a := s.call(t, with(request, "page_token", token))
		require.Equal(t, codes.OK, a.code(), "%v", a)
		items, next := pageOf(a.message)
		require.LessOrEqual(t, len(items), 2, "no more than was asked for")
		for _, item := range items {
			require.False(t, seen[item], "%s comes twice", item)
			seen[item] = true
		}
		if next == "" {
			break
		}
		if s.has("filter") && token == "" {
			s.refuses(t, "page_token", "the token of another list", with(with(request, "page_token", next), "filter", otherFilter(request)))
		}
		token = next
	}
	whole, _ := pageOf(s.call(t, with(request, "page_size", int32(1000))).message)
	for _, item := range whole {
		require.True(t, seen[item], "%s is on no page", item)
	}
}

// otherFilter is another filter than that of the request: none, or one that all fit.
func otherFilter(request proto.Message) string {
	had := request.ProtoReflect().Get(request.ProtoReflect().Descriptor().Fields().ByName("filter")).String()
	if had != "" {
		return ""
	}
	return `name != "x"`
}

// pageOf are the things on a page, as texts by which they can be told apart, and the token of the next one.
func pageOf(page proto.Message) (items []string, next string) {
	in := page.ProtoReflect()
	for i := range in.Descriptor().Fields().Len() {
		field := in.Descriptor().Fields().Get(i)
		if !field.IsList() || field.Message() == nil {
			continue
		}
		list := in.Get(field).List()
		for j := range list.Len() {
			item := list.Get(j).Message()
			if name := item.Descriptor().Fields().ByName("name"); name != nil {
				items = append(items, item.Get(name).String())
			} else {
				items = append(items, fmt.Sprint(item.Interface()))
			}
		}
		break
	}
	if token := in.Descriptor().Fields().ByName("next_page_token"); token != nil {
		next = in.Get(token).String()
	}
	return items, next
}

func (s standard) update(t *testing.T) {
	sample := s.sample(t, s.rpc)
	resource := resourceField(s.rpc.desc.Input(), s.rpc.desc.Output())
	require.NotNil(t, resource, "an Update holds what it updates, and answers with it")
	for _, path := range []string{"no_such_field", "create_time", "display_name.x", "etagg"} {
		s.refuses(t, "update_mask", "mask "+path, with(sample, "update_mask", (&fieldmaskpb.FieldMask{Paths: []string{path}}).ProtoReflect()))
	}
	if etag := resource.Message().Fields().ByName("etag"); etag != nil {
		stale := proto.Clone(sample)
		stale.ProtoReflect().Mutable(resource).Message().Set(etag, protoreflect.ValueOfString("stale"))
		s.isStale(t, stale)
	}
	first := s.call(t, sample)
	require.Equal(t, codes.OK, first.code(), "%v", first)
}

func (s standard) isStale(t *testing.T, request proto.Message) {
	a := s.call(t, request)
	require.Equal(t, "Aborted ETAG_MISMATCH", a.code().String()+" "+a.reason(), "%v", a)
}

func (s standard) delete(t *testing.T) {
	sample := s.sample(t, s.rpc)
	if s.has("etag") {
		s.isStale(t, with(sample, "etag", "stale"))
	}
	require.Equal(t, codes.OK, s.call(t, sample).code())
	require.Equal(t, codes.NotFound, s.call(t, sample).code(), "what is deleted is gone")
}
