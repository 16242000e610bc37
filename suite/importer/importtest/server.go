// Package importtest is a front door with a fake ImportService behind it, for tests of who imports.
package importtest

import (
	"context"
	"net/http/httptest"
	"sync"
	"testing"

	"google.golang.org/grpc"
	"google.golang.org/grpc/metadata"
	"google.golang.org/protobuf/proto"

	"kept.dev/gateway"
	"kept.dev/kit/errs"
	"kept.dev/kit/peer"
	orderv1 "kept.dev/proto/gen/kept/order/v1"
)

// Name is the one import's name.
const Name = "imports/0190"

// Server has one import, which goes as the test says.
type Server struct {
	orderv1.UnimplementedImportServiceServer
	*httptest.Server

	mu       sync.Mutex
	spec     *orderv1.Import
	content  []byte
	state    orderv1.Import_State
	steps    []*orderv1.Import
	faults   []*orderv1.ImportFault
	refusals map[string]error
	asked    func(method string)
	token    string
}

// New starts a front door, and ends it with the test.
func New(t testing.TB) *Server {
	t.Helper()
	s := &Server{refusals: map[string]error{}}
	conns := map[string]grpc.ClientConnInterface{}
	for _, service := range []string{"customer", "order", "loyalty", "notification", "support"} {
		conns[service] = peer.NewChannel(nil, nil)
	}
	order := peer.NewChannel(s.before, nil)
	orderv1.RegisterImportServiceServer(order, s)
	conns["order"] = order
	door, err := gateway.New(gateway.Config{Conns: conns})
	if err != nil {
		t.Fatalf("make a gateway: %v", err)
	}
	s.Server = httptest.NewServer(door)
	t.Cleanup(s.Close)
	return s
}

// Go says how the import goes once it is started: each look at it sees the next step, and then the last again and again.
func (s *Server) Go(steps ...*orderv1.Import) { s.set(func() { s.steps = steps }) }

// Fault adds rows that could not be read.
func (s *Server) Fault(faults ...*orderv1.ImportFault) { s.set(func() { s.faults = faults }) }

// Refuse has a method, such as "StartImport", fail; nil has it work again.
func (s *Server) Refuse(method string, err error) { s.set(func() { s.refusals[method] = err }) }

// Asked has a function called before each call, with the method's name.
func (s *Server) Asked(f func(method string)) { s.set(func() { s.asked = f }) }

func (s *Server) set(f func()) {
	s.mu.Lock()
	defer s.mu.Unlock()
	f()
}

// Seen is what has arrived: the import as it was created, its file, where it stands, and the last caller's token.
func (s *Server) Seen() (spec *orderv1.Import, content string, state orderv1.Import_State, token string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.spec, string(s.content), s.state, s.token
}

// before is the interceptor: every call passes here.
func (s *Server) before(ctx context.Context, req any, info *grpc.UnaryServerInfo, next grpc.UnaryHandler) (any, error) {
	method := info.FullMethod[len("/kept.order.v1.ImportService/"):]
	s.mu.Lock()
	md, _ := metadata.FromIncomingContext(ctx)
	if given := md.Get("authorization"); len(given) > 0 {
		s.token = given[0]
	}
	asked := s.asked
	s.mu.Unlock()
	if asked != nil {
		asked(method)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if refusal := s.refusals[method]; refusal != nil {
		return nil, refusal
	}
	return next(ctx, req)
}

// CreateImport creates the one import.
func (s *Server) CreateImport(_ context.Context, r *orderv1.CreateImportRequest) (*orderv1.Import, error) {
	s.spec, s.content, s.state = proto.CloneOf(r.GetImport()), nil, orderv1.Import_UPLOADING
	return &orderv1.Import{Name: Name, State: s.state}, nil
}

// WriteImportContent writes a part.
func (s *Server) WriteImportContent(_ context.Context, r *orderv1.WriteImportContentRequest) (*orderv1.WriteImportContentResponse, error) {
	if r.GetOffset() != 0 && r.GetOffset() != int64(len(s.content)) {
		return nil, errs.Invalid("offset", "the content has %d bytes", len(s.content))
	}
	s.content = append(s.content[:r.GetOffset()], r.GetData()...)
	return &orderv1.WriteImportContentResponse{ContentSize: int64(len(s.content))}, nil
}

// StartImport starts it.
func (s *Server) StartImport(context.Context, *orderv1.StartImportRequest) (*orderv1.Import, error) {
	s.state = orderv1.Import_RUNNING
	return &orderv1.Import{Name: Name, State: s.state}, nil
}

// CancelImport calls it off.
func (s *Server) CancelImport(context.Context, *orderv1.CancelImportRequest) (*orderv1.Import, error) {
	s.state = orderv1.Import_CANCELLED
	return &orderv1.Import{Name: Name, State: s.state}, nil
}

// UndoImport has it taken back; the next steps tell how that goes.
func (s *Server) UndoImport(_ context.Context, r *orderv1.UndoImportRequest) (*orderv1.Import, error) {
	if r.GetName() != Name {
		return nil, errs.NotFound(r.GetName())
	}
	s.state = orderv1.Import_UNDOING
	return &orderv1.Import{Name: Name, State: s.state}, nil
}

// GetImport sees the next step.
func (s *Server) GetImport(_ context.Context, r *orderv1.GetImportRequest) (*orderv1.Import, error) {
	if r.GetName() != Name {
		return nil, errs.NotFound(r.GetName())
	}
	if len(s.steps) == 0 {
		return &orderv1.Import{Name: Name, State: s.state}, nil
	}
	step := proto.CloneOf(s.steps[0])
	step.Name = Name
	if len(s.steps) > 1 {
		s.steps = s.steps[1:]
	}
	return step, nil
}

// ListImportFaults lists two faults at a time, so that who wants more has to ask for more.
func (s *Server) ListImportFaults(_ context.Context, r *orderv1.ListImportFaultsRequest) (*orderv1.ListImportFaultsResponse, error) {
	from := 0
	for from < len(s.faults) && r.GetPageToken() != "" && s.faults[from].GetName() != r.GetPageToken() {
		from++
	}
	to := min(len(s.faults), from+min(2, int(r.GetPageSize())))
	page := &orderv1.ListImportFaultsResponse{ImportFaults: s.faults[from:to]}
	if to < len(s.faults) {
		page.NextPageToken = s.faults[to].GetName()
	}
	return page, nil
}
