package scenario

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"
)

// Result is what came of a story.
type Result struct {
	Story  Story
	Checks int
	Took   time.Duration
	Err    error
}

// RunAll plays stories on one suite, which has customers of their own for each. Those that move time by more than a day come last, one
// after the other; the others are played at the same time. It reports each as it ends, one at a time.
func RunAll(ctx context.Context, env Environment, stories []Story, report func(Result)) error {
	var (
		reporting sync.Mutex
		faults    []error
		together  sync.WaitGroup
		last      []Story
	)
	run := func(story Story) {
		began := time.Now()
		checks, err := Run(ctx, env, story)
		reporting.Lock()
		defer reporting.Unlock()
		report(Result{Story: story, Checks: checks, Took: time.Since(began), Err: err})
		if err != nil {
			faults = append(faults, fmt.Errorf("%s: %w", story.Number, err))
		}
	}
	for _, story := range stories {
		if story.Days {
			last = append(last, story)
		} else {
			together.Go(func() { run(story) })
		}
	}
	together.Wait()
	for _, story := range last {
		run(story)
	}
	return errors.Join(faults...)
}
