package bench

import (
	"context"
	"fmt"
	"os"
	"strings"
	"time"

	"kept.dev/suite/cluster"
)

// resident is how much memory a process holds now, in MB (10^6 bytes), from the kernel; peak the most since it was forgotten.
func resident(p *cluster.Process) (float64, error) { return status(p, "VmRSS:") }
func peak(p *cluster.Process) (float64, error)     { return status(p, "VmHWM:") }

func status(p *cluster.Process, field string) (float64, error) {
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", p.PID()))
	if err != nil {
		return 0, err
	}
	_, after, found := strings.Cut(string(text), field)
	var kib float64
	if _, err := fmt.Sscan(after, &kib); err != nil || !found {
		return 0, fmt.Errorf("no %s of %s", field, p.Name)
	}
	return kib * 1024 / 1e6, nil
}

// forgetPeaks has the kernel measure peaks from now on (proc(5), clear_refs).
func (p *target) forgetPeaks() error {
	for _, process := range p.processes {
		if err := os.WriteFile(fmt.Sprintf("/proc/%d/clear_refs", process.PID()), []byte("5"), 0); err != nil {
			return err
		}
	}
	return nil
}

// highest is the highest of all processes' measures, and whose it is.
func (p *target) highest(of func(*cluster.Process) (float64, error)) (most float64, name string, err error) {
	for _, process := range p.processes {
		n, err := of(process)
		if err != nil {
			return 0, "", err
		}
		if n > most {
			most, name = n, process.Name
		}
	}
	return most, name, nil
}

// memory measures what processes hold that have nothing to do, two seconds after their start.
func (r *run) memory(_ context.Context, p *target) error {
	needed := map[string]int{"distributed": 45, "embedded": 60}[p.shape]
	time.Sleep(2 * time.Second)
	most, name, err := p.highest(resident)
	if err == nil {
		r.print("%s: memory               %6.1f MB resident when idle, the most of any process (%s; needed %d)", p.shape, most, name, needed)
	}
	return err
}
