package kube

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func script(t *testing.T, text string) string {
	file := filepath.Join(t.TempDir(), "program")
	require.NoError(t, os.WriteFile(file, []byte("#!/bin/sh\n"+text), 0o755))
	return file
}

func notYet(context.Context) error { return errors.New("not yet") }

func TestUntilSaysWhatADaemonSaidLast(t *testing.T) {
	d := &Daemons{Logs: t.TempDir()}
	defer d.Stop()
	require.NoError(t, d.Start(script(t, "echo no such flag; exit 1")))
	require.ErrorContains(t, d.Until(t.Context(), time.Minute, "it", notYet), "program ended: no such flag")
}

func TestUntilTakesNoLongerThanItMay(t *testing.T) {
	d := &Daemons{Logs: t.TempDir()}
	require.ErrorContains(t, d.Until(t.Context(), time.Millisecond, "it", notYet), "it: not ready in 1ms: not yet")
	require.NoError(t, d.Until(t.Context(), time.Millisecond, "it", func(context.Context) error { return nil }))
}

func TestStopEndsThem(t *testing.T) {
	d := &Daemons{Logs: t.TempDir()}
	require.NoError(t, d.Start(script(t, "exec sleep 1000")))
	process := d.running[0].cmd.Process
	d.Stop()
	require.ErrorIs(t, process.Signal(os.Interrupt), os.ErrProcessDone)
}
