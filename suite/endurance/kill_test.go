package endurance_test

import (
	"os"
	"path/filepath"
	"slices"
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

// scene is where one program's processes die and are started again.
type scene struct {
	stage scenario.Stage
	books *books
	// stop stops starting them again, and tells how they ended until then.
	stop func() (cluster.Ends, error)
	log  func() string
}

// scenery is what a kill test needs of a shape.
type scenery struct {
	programs []string
	// hasBus tells whether there is a bus that can lose everything.
	hasBus bool
	// strike takes the bus away for a moment, so that calls overtake events.
	strike func(t *testing.T)
	// set restarts the processes of the point's program with the environment, and keeps them running.
	set func(t *testing.T, p point, env string) scene
}

// TestKillDistributed kills the replicas of each service at every failpoint that the story passes.
func TestKillDistributed(t *testing.T) {
	t.Parallel() // with the embedded suite's: most of the time is spent waiting
	c := startCluster(t)
	stage, books := c.Stage(), booksOfCluster(t, c)
	strike := func(t *testing.T) {
		c.Redis.Stop(true)
		<-time.After(500 * time.Millisecond)
		require.NoError(t, c.Redis.Restart(t.Context()))
	}
	killEverywhere(t, scenery{programs: c.Services(), hasBus: true, strike: strike, set: func(t *testing.T, p point, env string) scene {
		replicas := c.Replicas(p.program)
		for _, replica := range replicas {
			require.NoError(t, replica.Stop())
		}
		if p.busLost {
			loseRedis(t, c)
			awaitClock(t, c)
		}
		return scene{stage, books, start(t, env, replicas...), replicas[0].Log}
	}})
}

// TestKillEmbedded kills the one process at every failpoint that it passes from its first start to the end of the story.
func TestKillEmbedded(t *testing.T) {
	t.Parallel()
	killEverywhere(t, scenery{programs: []string{"kept"}, strike: func(*testing.T) {}, set: func(t *testing.T, _ point, env string) scene {
		dir := t.TempDir()
		e, err := cluster.NewEmbedded(dir, bin, true, box.Env())
		require.NoError(t, err)
		over := start(t, env, e.Process)
		stop := func() (cluster.Ends, error) {
			ends, err := over()
			require.NoError(t, e.Stop())
			return ends, err
		}
		return scene{e.Stage(), booksOfFolder(t, dir), stop, e.Process.Log}
	}})
}

// start starts the processes with the environment, and keeps them running without it until stop is called.
func start(t *testing.T, env string, processes ...*cluster.Process) (stop func() (cluster.Ends, error)) {
	t.Helper()
	for _, p := range processes {
		require.NoError(t, p.Start(env))
	}
	stop = cluster.Keep(processes...)
	for _, p := range processes {
		require.Eventually(t, func() bool { return p.Ready(t.Context()) }, patience, 10*time.Millisecond, "%s is ready", p.Name)
	}
	return stop
}

// killEverywhere plays the story to learn its failpoints, and then once for each, in which every replica dies the first
// time it gets there and is started again. The story must hold, the books must balance, and what is left must be the
// same each time.
func killEverywhere(t *testing.T, s scenery) {
	points := s.points(t)
	kills, states := 0, map[string]point{}
	for _, p := range points {
		started := time.Now()
		killed := s.killAt(t, p, states)
		kills += killed
		t.Logf("%s %s: %d killed, %s", p.program, p.name, killed, time.Since(started).Round(10*time.Millisecond))
	}
	require.Len(t, states, 1, "final states")
	t.Logf("kill test: %d failpoints, %d kills, all in the same final state", len(points), kills)
}

// points are the failpoints that the programs pass.
func (s scenery) points(t *testing.T) (points []point) {
	seen := map[[2]string]bool{}
	for _, busLost := range []bool{false, true} {
		if busLost && !s.hasBus {
			continue
		}
		for _, program := range s.programs {
			for _, name := range s.record(t, point{program: program, busLost: busLost}) {
				if key := [2]string{program, name}; !seen[key] {
					seen[key] = true
					points = append(points, point{program, name, busLost})
				}
			}
		}
	}
	return points
}

func (s scenery) record(t *testing.T, p point) []string {
	file := filepath.Join(t.TempDir(), "points")
	at := s.set(t, p, "KEPT_FAILPOINT_RECORD="+file)
	require.NoError(t, play(t, at.stage))
	at.books.balance(t)
	ends, err := at.stop()
	require.NoError(t, err)
	require.Zero(t, ends, "processes that ended though nobody killed them: %s", at.log())
	text, err := os.ReadFile(file)
	require.NoError(t, err)
	return slices.Compact(slices.Sorted(slices.Values(strings.Fields(string(text)))))
}

// plays is how often the story is played until it passes a point: which replica does something, which events come together,
// and whether a call overtakes an event, is not the same every time.
const plays = 10

func (s scenery) killAt(t *testing.T, p point, states map[string]point) int {
	t.Helper()
	for try := range plays {
		at := s.set(t, p, "KEPT_FAILPOINT_KILL="+p.name)
		played := make(chan error, 1)
		go func() { played <- play(t, at.stage) }()
		if try > 0 {
			s.strike(t)
		}
		err := <-played
		if err == nil {
			at.books.balance(t)
		}
		ends, stopErr := at.stop()
		require.NoError(t, err, "%s killed at %s", p.program, p.name)
		require.NoError(t, stopErr)
		require.Zero(t, ends.Other, "%s, killed at %s, ended by itself: %s", p.program, p.name, at.log())
		for _, state := range at.books.finalStates(t) {
			states[state] = p
		}
		if ends.Killed > 0 {
			return ends.Killed
		}
	}
	require.Fail(t, "the failpoint was not reached", "%s %s", p.program, p.name)
	return 0
}
