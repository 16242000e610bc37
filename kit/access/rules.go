package access

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"

	accessv1 "kept.dev/proto/gen/kept/access/v1"
)

// Rulebook holds the rule of each RPC by its full method, "/kept.order.v1.OrderService/GetOrder".
// A nil Rulebook admits nobody to anything but the exempt services.
type Rulebook struct {
	rules map[string]*rule
}

// rule is one RPC's rule, made ready for a fast answer.
type rule struct {
	public bool
	roles  uint32 // one bit a role
	own    *fieldPath
	byRow  bool // the handler's queries tell the caller's own
}

// exempt are the services that the platform asks without a token. They say nothing about anybody's data.
var exempt = []string{
	"grpc.health.v1.Health",
	"grpc.reflection.v1.ServerReflection",
	"grpc.reflection.v1alpha.ServerReflection",
}

// Exempt tells whether the full method belongs to a service that needs no rule: health and server reflection.
func Exempt(method string) bool {
	return slices.Contains(exempt, serviceOf(method))
}

func serviceOf(method string) string {
	service, _, _ := strings.Cut(strings.TrimPrefix(method, "/"), "/")
	return service
}

// Rules reads the rules of all RPCs of the services. The error names each RPC whose rule is missing or would
// leave a door open, so that a process refuses to start instead.
func Rules(services ...protoreflect.ServiceDescriptor) (*Rulebook, error) {
	book := &Rulebook{rules: map[string]*rule{}}
	var faults []error
	for _, service := range services {
		if slices.Contains(exempt, string(service.FullName())) {
			continue
		}
		methods := service.Methods()
		for i := range methods.Len() {
			m := methods.Get(i)
			r, err := ruleOf(m)
			if err != nil {
				faults = append(faults, fmt.Errorf("%s: %w", m.FullName(), err))
				continue
			}
			book.rules[fmt.Sprintf("/%s/%s", service.FullName(), m.Name())] = r
		}
	}
	if len(faults) > 0 {
		return nil, fmt.Errorf("access rules: %w", errors.Join(faults...))
	}
	return book, nil
}

func ruleOf(m protoreflect.MethodDescriptor) (*rule, error) {
	declared, ok := proto.GetExtension(m.Options(), accessv1.E_Rule).(*accessv1.Rule)
	if !ok || declared == nil {
		return nil, errors.New("has no access rule")
	}
	if declared.GetAnyone() {
		return publicRule(declared)
	}
	if declared.GetLink() != nil {
		return linkRule(declared)
	}
	if len(declared.GetRoles()) == 0 {
		return nil, errors.New("allows no role")
	}
	r := &rule{byRow: declared.GetRow() != nil}
	for _, role := range declared.GetRoles() {
		if _, known := accessv1.Role_name[int32(role)]; !known || role == accessv1.Role_ROLE_UNSPECIFIED {
			return nil, fmt.Errorf("allows %s, which is no role", role)
		}
		r.roles |= 1 << role
	}
	if r.allows(accessv1.Role_ROLE_CUSTOMER) && declared.GetOwn() == nil {
		return nil, errors.New("allows ROLE_CUSTOMER without own: nothing tells a customer's data from others'")
	}
	return r, r.resolveOwn(m, declared)
}

// publicRule refuses a public RPC with roles or own: neither would ever be looked at.
func publicRule(declared *accessv1.Rule) (*rule, error) {
	if len(declared.GetRoles()) > 0 || declared.GetOwn() != nil {
		return nil, errors.New("is public and has roles or own, which would not be checked")
	}
	return &rule{public: true}, nil
}

// linkRule admits everybody: the handler checks the link, which says whose it is. Roles would never be looked at.
func linkRule(declared *accessv1.Rule) (*rule, error) {
	if len(declared.GetRoles()) > 0 {
		return nil, errors.New("is by link and has roles, which would not be checked")
	}
	return &rule{public: true}, nil
}

func (r *rule) resolveOwn(m protoreflect.MethodDescriptor, declared *accessv1.Rule) error {
	own, ok := declared.GetOwn().(*accessv1.Rule_Field)
	if !ok {
		return nil
	}
	path, err := resolve(m.Input(), own.Field)
	r.own = path
	return err
}

// OfCustomers tells whether the method's rule says how a customer's own is told from others': then it is about what customers have.
func (b *Rulebook) OfCustomers(method string) bool {
	r, ok := b.rule(method)
	return ok && (r.own != nil || r.byRow)
}

// needed names the roles that may call: "manager or admin". Services are named only where nobody else may call: what they may
// do is no help to a person.
func (r *rule) needed() string {
	var names []string
	for number := range int32(32) {
		if role := accessv1.Role(number); r.allows(role) && role != accessv1.Role_ROLE_SERVICE {
			names = append(names, strings.ToLower(strings.TrimPrefix(role.String(), "ROLE_")))
		}
	}
	switch last := len(names) - 1; {
	case last < 0:
		return "service"
	case last == 0:
		return names[0]
	default:
		return strings.Join(names[:last], ", ") + " or " + names[last]
	}
}

func (r *rule) allows(role accessv1.Role) bool {
	return role > 0 && role < 32 && r.roles&(1<<role) != 0
}
