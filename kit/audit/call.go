package audit

import (
	"context"
	"regexp"
	"slices"
	"strings"
	"sync/atomic"

	"google.golang.org/genproto/googleapis/api/annotations"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"

	"kept.dev/kit/access"
	"kept.dev/kit/sqldb"
	accessv1 "kept.dev/proto/gen/kept/access/v1"
)

// Call is a call of an employee. What it reads or changes of customers is noted by itself: a change by package change, in its
// transaction, and everything else by package chain, as a read. No handler has to think of it.
type Call struct {
	ofCustomers bool
	changed     atomic.Bool
}

type callKey struct{}

// Begin begins a call. ofCustomers tells that, by its access rule, it is about what customers have: then it is noted even where it
// names no customer. For callers who are no employees there is nothing to note, and the call is nil.
func Begin(ctx context.Context, ofCustomers bool) (context.Context, *Call) {
	switch access.Caller(ctx).Role {
	case accessv1.Role_ROLE_AGENT, accessv1.Role_ROLE_MANAGER, accessv1.Role_ROLE_ADMIN:
		c := &Call{ofCustomers: ofCustomers}
		return context.WithValue(ctx, callKey{}, c), c
	default:
		return ctx, nil
	}
}

// ChangedBy notes, in the transaction, what the context's call changes. The returned function is called once that is committed.
func ChangedBy(ctx context.Context, tx *sqldb.Tx, request, answer proto.Message) (committed func()) {
	c, ok := ctx.Value(callKey{}).(*Call)
	if !ok {
		return func() {}
	}
	if entries := c.entries(request, answer); len(entries) > 0 {
		Changed(ctx, tx, entries...)
	}
	return func() { c.changed.Store(true) }
}

// Read are what the call has read, if it has not changed anything. The messages are the request, and the answer where there is one.
func (c *Call) Read(messages ...proto.Message) []Entry {
	if c == nil || c.changed.Load() {
		return nil
	}
	return c.entries(messages...)
}

// entries say which customers the messages are about: one entry for each.
func (c *Call) entries(messages ...proto.Message) (entries []Entry) {
	var found references
	for _, m := range messages {
		if m != nil && m.ProtoReflect().IsValid() {
			found.message(m.ProtoReflect())
		}
	}
	for _, customer := range found.customers {
		resource := found.first
		if resource == "" {
			resource = customer
		}
		entries = append(entries, Entry{Resource: resource, Subject: customer})
	}
	if len(entries) == 0 && c.ofCustomers && found.first != "" {
		entries = append(entries, Entry{Resource: found.first})
	}
	return entries
}

// customer is the name of a customer, or the beginning of that of something of theirs.
var customer = regexp.MustCompile(`^customers/[A-Za-z0-9-]+`)

// references are the names in messages.
type references struct {
	first     string // the first resource's name, outside lists: what the request is about
	listed    bool   // in a list
	customers []string
	known     map[string]bool
}

func (r *references) message(m protoreflect.Message) {
	fields := m.Descriptor().Fields()
	for i := range fields.Len() {
		fd := fields.Get(i)
		if !m.Has(fd) || fd.IsMap() {
			continue
		}
		switch value := m.Get(fd); {
		case fd.IsList() && fd.Message() != nil:
			r.list(value.List())
		case fd.IsList() && names(fd):
			for i := range value.List().Len() {
				r.name("", value.List().Get(i).String())
			}
		case fd.IsList():
		case fd.Message() != nil:
			r.message(value.Message())
		case names(fd):
			r.name(fd.Name(), value.String())
		}
	}
}

func (r *references) list(messages protoreflect.List) {
	outside := r.listed
	r.listed = true
	for i := range messages.Len() {
		r.message(messages.Get(i).Message())
	}
	r.listed = outside
}

func (r *references) name(field protoreflect.Name, name string) {
	if r.first == "" && !r.listed && (field == "name" || field == "parent") {
		r.first = name
	}
	found := customer.FindString(name)
	if found == "" || r.known[found] {
		return
	}
	if r.known == nil {
		r.known = map[string]bool{}
	}
	r.known[found] = true
	r.customers = append(r.customers, found)
}

// names tells whether a field holds the name of a resource.
func names(fd protoreflect.FieldDescriptor) bool {
	if fd.Kind() != protoreflect.StringKind {
		return false
	}
	behavior, _ := proto.GetExtension(fd.Options(), annotations.E_FieldBehavior).([]annotations.FieldBehavior)
	return proto.HasExtension(fd.Options(), annotations.E_ResourceReference) ||
		slices.Contains(behavior, annotations.FieldBehavior_IDENTIFIER) || strings.HasSuffix(string(fd.Name()), "customer")
}
