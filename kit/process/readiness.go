package process

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"google.golang.org/grpc/health"
	"google.golang.org/grpc/health/grpc_health_v1"
)

// Check is something that the process needs, such as its database.
type Check struct {
	Name  string
	Probe func(ctx context.Context) error
	// Optional says that the process can do its work without it for a while, as without the bus: a failure is reported, and the
	// process stays ready. All replicas would lose it at once, and none would be left.
	Optional bool
}

// Result is what a check last said; Error is empty when all is well.
type Result struct {
	Name  string    `json:"name"`
	Error string    `json:"error,omitempty"`
	Time  time.Time `json:"time,omitzero"` // of the answer
}

// Report is all that readiness rests on.
type Report struct {
	Ready    bool     `json:"ready"`
	Draining bool     `json:"draining"`
	Checks   []Result `json:"checks"`
}

// How often checks are made, and how long one may take.
const (
	checkInterval = 5 * time.Second
	checkTimeout  = 2 * time.Second
)

// Readiness tells whether the process should get work. It asks its checks now and then and answers from what it
// knows, so that probes, however many, cost the dependencies nothing. It is not ready before its Part has started.
type Readiness struct {
	checks   []Check
	services []string
	health   *health.Server

	mu       sync.Mutex
	results  []Result
	asking   []bool // by check: a probe has not come back yet
	draining bool
}

// NewReadiness makes the readiness of a process that serves the named gRPC services.
func NewReadiness(services []string, checks ...Check) *Readiness {
	r := &Readiness{
		checks: checks, services: append([]string{""}, services...), health: health.NewServer(),
		results: make([]Result, len(checks)), asking: make([]bool, len(checks)),
	}
	for i, c := range checks {
		r.results[i] = Result{Name: c.Name, Error: "not asked yet"}
	}
	r.tell(false)
	return r
}

// Health is the grpc.health.v1 server: it answers for "" and for each service, SERVING or NOT_SERVING.
func (r *Readiness) Health() grpc_health_v1.HealthServer { return r.health }

// Part keeps the readiness up to date. Put it last: then it starts when all is there, and stops first, which takes
// the process out of the balance before anything else ends.
func (r *Readiness) Part() Part {
	return Part{
		Name: "readiness",
		Start: func(ctx context.Context) error {
			r.round(ctx)
			return nil
		},
		Run: r.run,
		Stop: func(context.Context) error {
			r.Drain()
			return nil
		},
	}
}

func (r *Readiness) run(ctx context.Context) error {
	tick := time.NewTicker(checkInterval)
	defer tick.Stop()
	for {
		select {
		case <-tick.C:
			r.round(ctx)
		case <-ctx.Done():
			return nil
		}
	}
}

// Drain says from now on that the process is not ready, whatever the checks say.
func (r *Readiness) Drain() {
	r.mu.Lock()
	r.draining = true
	r.mu.Unlock()
	r.health.Shutdown()
}

// Report is what is known now.
func (r *Readiness) Report() Report {
	r.mu.Lock()
	defer r.mu.Unlock()
	report := Report{Ready: !r.draining, Draining: r.draining, Checks: append([]Result{}, r.results...)}
	for i, c := range report.Checks {
		report.Ready = report.Ready && (c.Error == "" || r.checks[i].Optional)
	}
	return report
}

// round asks every check once, all at the same time, and tells the health server.
func (r *Readiness) round(ctx context.Context) {
	ctx, cancel := context.WithTimeout(ctx, checkTimeout)
	defer cancel()
	var all sync.WaitGroup
	for i := range r.checks {
		all.Go(func() { r.note(i, r.ask(ctx, i)) })
	}
	all.Wait()
	r.tell(r.Report().Ready)
}

// ask does not wait for a probe beyond ctx, and does not send another after one that hangs.
func (r *Readiness) ask(ctx context.Context, i int) error {
	r.mu.Lock()
	hangs := r.asking[i]
	r.asking[i] = true
	r.mu.Unlock()
	if hangs {
		return errors.New("the last probe has not come back")
	}
	answer := make(chan error, 1)
	go func() {
		err := r.checks[i].Probe(ctx)
		r.mu.Lock()
		r.asking[i] = false
		r.mu.Unlock()
		answer <- err
	}()
	select {
	case err := <-answer:
		return err
	case <-ctx.Done():
		return fmt.Errorf("no answer: %w", ctx.Err())
	}
}

func (r *Readiness) note(i int, err error) {
	result := Result{Name: r.checks[i].Name, Time: time.Now()}
	if err != nil {
		result.Error = err.Error()
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.results[i] = result
}

func (r *Readiness) tell(ready bool) {
	status := grpc_health_v1.HealthCheckResponse_NOT_SERVING
	if ready {
		status = grpc_health_v1.HealthCheckResponse_SERVING
	}
	for _, s := range r.services {
		r.health.SetServingStatus(s, status)
	}
}
