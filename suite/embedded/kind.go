package embedded

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
)

// kindFile says whose data the folder holds: a sandbox's, whose clock was moved, or real data.
const kindFile = "kind"

// Kind names the data that a suite serves.
func Kind(sandbox bool) string {
	if sandbox {
		return "sandbox"
	}
	return "real"
}

// checkKind refuses a sandbox on real data, and real work on a sandbox's: a clock that was moved can't be moved back in what was
// written meanwhile. A folder keeps the kind that it was made with.
func checkKind(dir string, sandbox bool) error {
	held, err := heldKind(dir)
	if err != nil {
		return err
	}
	switch {
	case held == "":
		return os.WriteFile(filepath.Join(dir, kindFile), []byte(Kind(sandbox)+"\n"), 0o600)
	case held == Kind(sandbox):
		return nil
	case sandbox:
		return fmt.Errorf("%s holds real data, which no sandbox may touch: name another folder with --data, or leave out --sandbox", dir)
	}
	return fmt.Errorf("%s holds a sandbox's data: serve it with --sandbox, or name another folder with --data", dir)
}

// heldKind is the kind of the data in the folder; empty where there is none. A backup holds no kind: its clock tells.
func heldKind(dir string) (string, error) {
	text, err := os.ReadFile(filepath.Join(dir, kindFile))
	if err == nil {
		return strings.TrimSpace(string(text)), nil
	}
	if !errors.Is(err, fs.ErrNotExist) {
		return "", err
	}
	if _, err := os.Stat(filepath.Join(dir, clockFile)); err == nil {
		return Kind(true), nil
	}
	return "", nil
}
