package cluster

import (
	"context"
	"os/exec"
	"syscall"
	"time"

	"golang.org/x/sync/errgroup"
)

// Ends counts how processes ended that were kept running.
type Ends struct {
	// Killed ended by SIGKILL, Other in any other way: by themselves.
	Killed, Other int
}

// restartPause keeps a process that cannot start from being started thousands of times.
const restartPause = 20 * time.Millisecond

// Keep starts the processes again whenever they end, without what they were given for one start, as an orchestrator does.
// It does so until stop is called, which tells how they have ended meanwhile. Nobody else may stop or start them until then.
func Keep(processes ...*Process) (stop func() (Ends, error)) {
	return KeepWith(func(*Process) []string { return nil }, processes...)
}

// KeepWith does so too, and asks next what environment is to be added each time.
func KeepWith(next func(*Process) (env []string), processes ...*Process) (stop func() (Ends, error)) {
	over, ends := make(chan struct{}), make([]Ends, len(processes))
	var group errgroup.Group
	for i, p := range processes {
		group.Go(func() error { return keep(p, next, over, &ends[i]) })
	}
	return func() (total Ends, err error) {
		close(over)
		err = group.Wait()
		for _, e := range ends {
			total.Killed += e.Killed
			total.Other += e.Other
		}
		return total, err
	}
}

func keep(p *Process, next func(*Process) []string, over <-chan struct{}, ends *Ends) error {
	for {
		stopped := false
		select {
		case <-over:
			stopped = true
		case <-p.Done():
		}
		if stopped { // a process that is still starting does not listen for signals yet: it would die of one instead of draining
			if err := p.Await(context.Background()); err == nil {
				return nil
			} else if !ended(p) {
				return err
			}
		}
		if killed(p.cmd) {
			ends.Killed++
		} else {
			ends.Other++
		}
		time.Sleep(restartPause)
		if stopped { // one that has just died is counted and started, and nothing is added any more
			if err := p.Start(); err != nil {
				return err
			}
			return p.Await(context.Background())
		}
		if err := p.Start(next(p)...); err != nil {
			return err
		}
	}
}

func ended(p *Process) bool {
	select {
	case <-p.Done():
		return true
	default:
		return false
	}
}

func killed(ended *exec.Cmd) bool {
	status, ok := ended.ProcessState.Sys().(syscall.WaitStatus)
	return ok && status.Signaled() && status.Signal() == syscall.SIGKILL
}
