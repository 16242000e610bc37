package endurance_test

import (
	"slices"
	"sync"
	"testing"
	"time"

	"kept.dev/suite/cluster"
)

// killPlan says at which failpoints the processes of each program die in a run: at the first one, and after they were started
// again at the next. Every replica goes this way on its own.
type killPlan struct {
	points map[string][]point // by program
	env    func(point) string // has a process die at the point
	// slow has calls overtake events.
	slow bool

	mu      sync.Mutex
	past    map[*cluster.Process]int
	reached map[point]bool
}

func newKillPlan(points map[string][]point, env func(point) string) *killPlan {
	return &killPlan{points: points, env: env, past: map[*cluster.Process]int{}, reached: map[point]bool{}}
}

// first is the environment of a process's first start.
func (f *killPlan) first(p *cluster.Process, program string) []string {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.ahead(p, program)
}

// next is the environment of the start after the process has died at the point that was ahead of it.
func (f *killPlan) next(program string) func(*cluster.Process) []string {
	return func(p *cluster.Process) []string {
		f.mu.Lock()
		defer f.mu.Unlock()
		if past := f.past[p]; past < len(f.points[program]) {
			f.reached[f.points[program][past]] = true
			f.past[p]++
		}
		return f.ahead(p, program)
	}
}

func (f *killPlan) ahead(p *cluster.Process, program string) []string {
	var env []string
	if past := f.past[p]; past < len(f.points[program]) {
		env = append(env, f.env(f.points[program][past]))
	}
	if f.slow {
		env = append(env, "KEPT_FAILPOINT_SLOW=commit.before:consume.")
	}
	return env
}

// missed are the points at which nobody has died.
func (f *killPlan) missed() map[string][]point {
	f.mu.Lock()
	defer f.mu.Unlock()
	missed := map[string][]point{}
	for program, points := range f.points {
		left := slices.DeleteFunc(slices.Clone(points), func(p point) bool { return f.reached[p] })
		if len(left) > 0 {
			missed[program] = left
		}
	}
	return missed
}

// awaitRestarts gives a process that has just died, after the last thing it had to do, the time to be started again: its death counts
// from then on. What was not reached at all is not waited for long.
func (f *killPlan) awaitRestarts(t *testing.T) {
	for end := time.Now().Add(2 * time.Second); len(f.missed()) > 0 && time.Now().Before(end); {
		select {
		case <-t.Context().Done():
			return
		case <-time.After(20 * time.Millisecond):
		}
	}
}

// rounds puts those points together that are tried in the same run: some of each program, far from each other on the way
// through the story. Where the bus loses everything the processes of one program only may die: somebody has to remember how
// far the sandbox's clock is.
func rounds(points []point, atOnce int) (out []map[string][]point) {
	calm, lost := map[string][]point{}, map[string][]point{}
	for _, p := range points {
		if p.busLost {
			lost[p.program] = append(lost[p.program], p)
		} else {
			calm[p.program] = append(calm[p.program], p)
		}
	}
	for program, way := range lost {
		for part := range slices.Chunk(way, bootDeaths) {
			out = append(out, map[string][]point{program: part})
		}
	}
	stride := 0
	for _, way := range calm {
		stride = max(stride, (len(way)+atOnce-1)/atOnce)
	}
	for i := range stride {
		round := map[string][]point{}
		for program, way := range calm {
			for j := i; j < len(way); j += stride {
				round[program] = append(round[program], way[j])
			}
		}
		out = append(out, round)
	}
	return out
}

// bootDeaths is how often a process may die while it puts back what the bus has lost: it does so as soon as it starts.
const bootDeaths = 4
