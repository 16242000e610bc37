package endurance_test

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"kept.dev/suite/cluster"
	"kept.dev/suite/scenario"
)

// point is a failpoint of a program. Some are passed only when the bus has lost everything.
type point struct {
	program, name string
	busLost       bool
}

// killRun is where processes die and are started again.
type killRun struct {
	env   scenario.Environment
	audit *audit
	// stop stops starting them again, and tells how each program's ended until then.
	stop func() (map[string]cluster.Ends, error)
	log  func(program string) string
}

// killShape is what a kill test needs of a shape.
type killShape struct {
	programs []string
	// hasBus tells whether there is a bus that can lose everything.
	hasBus bool
	// interrupt takes the bus away for a moment, so that calls overtake events. Without a bus, events are handled slowly instead.
	interrupt func(t *testing.T)
	// atOnce is at how many points processes of a program die in one run.
	atOnce int
	// set restarts the processes that the plan kills, and keeps all running.
	set func(t *testing.T, f *killPlan) killRun
}

// TestKillEmbedded kills the one process at every failpoint that it passes from its first start to the end of the story.
func TestKillEmbedded(t *testing.T) {
	t.Parallel()
	set := func(t *testing.T, f *killPlan) killRun {
		dir := t.TempDir()
		e, err := cluster.NewEmbedded(dir, bin, true, sink.Env())
		require.NoError(t, err)
		require.NoError(t, e.Process.Start(f.first(e.Process, "kept")...))
		over := cluster.KeepWith(f.next("kept"), e.Process)
		awaitReady(t, e.Process)
		stop := func() (map[string]cluster.Ends, error) {
			ends, err := over()
			require.NoError(t, stopArmed(e.Process))
			return map[string]cluster.Ends{"kept": ends}, err
		}
		return killRun{e.Environment(), auditOfFolder(t, dir), stop, func(string) string { return e.Process.Log() }}
	}
	killEverywhere(t, killShape{programs: []string{"kept"}, interrupt: func(*testing.T) {}, atOnce: 4, set: set})
}

// stopArmed stops a process. One that reaches only then the point at which it dies has done what it was told.
func stopArmed(p *cluster.Process) error {
	if err := p.Stop(); !errors.Is(err, cluster.ErrKilledDraining) {
		return err
	}
	return nil
}

// awaitReady waits for processes that may die meanwhile.
func awaitReady(t *testing.T, processes ...*cluster.Process) {
	t.Helper()
	for _, p := range processes {
		require.Eventually(t, func() bool { return p.Ready(t.Context()) }, patience, 10*time.Millisecond, "%s is ready", p.Name)
	}
}

// killEverywhere plays the story to learn its failpoints, and then for each, in which every replica dies the first time it gets
// there and is started again. The story must hold, the databases must agree, and what is left must be the same each time.
func killEverywhere(t *testing.T, s killShape) {
	mine := shareOfRun(t)
	points := mine.of(s.points(t))
	t.Logf("share %s of the failpoints: %s", mine, points)
	kills, states := 0, map[string]bool{}
	for _, round := range rounds(points, s.atOnce) {
		started := time.Now()
		killed, tries := s.killAt(t, round, states)
		kills += killed
		t.Logf("%s: %d killed, %d tries, %s", round, killed, tries, time.Since(started).Round(10*time.Millisecond))
	}
	require.Len(t, states, 1, "final states")
	t.Logf("kill test: %d failpoints, %d kills, all in the same final state", len(points), kills)
}

func (p point) String() string { return p.name }

// points are the failpoints that the programs pass, in the order in which they come to them first.
func (s killShape) points(t *testing.T) (points []point) {
	all := map[string][]point{}
	for _, program := range s.programs {
		all[program] = []point{{program: program}}
	}
	plays := []map[string][]point{all}
	if s.hasBus {
		for _, program := range s.programs {
			plays = append(plays, map[string][]point{program: {{program: program, busLost: true}}})
		}
	}
	seen := map[[2]string]bool{}
	for _, play := range plays {
		for _, p := range s.record(t, play) {
			if key := [2]string{p.program, p.name}; !seen[key] {
				seen[key] = true
				points = append(points, p)
			}
		}
	}
	return points
}

// record plays the story once to learn the points that the programs pass.
func (s killShape) record(t *testing.T, programs map[string][]point) (points []point) {
	dir := t.TempDir()
	file := func(p point) string { return filepath.Join(dir, p.program) }
	at := s.set(t, newKillPlan(programs, func(p point) string { return "KEPT_FAILPOINT_RECORD=" + file(p) }))
	require.NoError(t, runStory(t, at.env))
	at.audit.balance(t)
	ends, err := at.stop()
	require.NoError(t, err)
	for program, like := range programs {
		require.Zero(t, ends[program], "processes that ended though nobody killed them: %s", at.log(program))
		text, err := os.ReadFile(file(like[0]))
		require.NoError(t, err)
		for _, name := range strings.Fields(string(text)) {
			points = append(points, point{program, name, like[0].busLost})
		}
	}
	return points
}

// plays is how often the story is played until it passes a point: which replica does something, which events come together,
// and whether a call overtakes an event, is not the same every time.
const plays = 10

// killAt plays the story until some process has died at each of the points.
func (s killShape) killAt(t *testing.T, points map[string][]point, states map[string]bool) (kills, tries int) {
	t.Helper()
	for tries = range plays {
		f := newKillPlan(points, func(p point) string { return "KEPT_FAILPOINT_KILL=" + p.name })
		f.slow = tries > 0 && !s.hasBus
		at := s.set(t, f)
		played := make(chan error, 1)
		go func() { played <- runStory(t, at.env) }()
		if tries > 0 {
			s.interrupt(t)
		}
		err := <-played
		if err == nil {
			at.audit.balance(t)
			f.awaitRestarts(t)
		}
		ends, stopErr := at.stop()
		require.NoError(t, err, "killed at %s", points)
		require.NoError(t, stopErr)
		for program, end := range ends {
			require.Zero(t, end.Other, "%s ended by itself, killed at %s: %s", program, points, at.log(program))
			kills += end.Killed
		}
		for _, state := range at.audit.finalStates(t) {
			states[state] = true
		}
		if points = f.missed(); len(points) == 0 {
			return kills, tries + 1
		}
	}
	require.Fail(t, "failpoints were not reached", "%s", points)
	return 0, 0
}
