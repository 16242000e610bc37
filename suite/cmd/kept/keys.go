package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"text/tabwriter"
	"time"

	"kept.dev/kit/keyring"
	"kept.dev/kit/token"
)

// KeysCmd shows, makes and rotates the installation's keys.
type KeysCmd struct {
	Data    string        `help:"The suite's data folder; its keys are in the folder keys." default:"data"`
	Out     string        `help:"Make fresh keys in this folder instead, for a Kubernetes secret: one file for the keys that sign tokens, one for those that sign links. With --rotate: the folder with a secret's files as they are now." placeholder:"DIR"`
	Rotate  bool          `help:"Make new keys. What the ones before have signed stays good, until 16 more rotations; processes that run notice within seconds, without a restart. A process forgets a key that is taken out of the files when it is started again."`
	Overlap time.Duration `help:"How long after a rotation the old keys go on signing: until then the new files have to have reached every process. A changed secret takes a minute or two to reach its pods. 0s where a key has to go at once." default:"10m"`
}

// Run does what is asked for and lists the keys.
func (c *KeysCmd) Run(context.Context) error { return c.run(os.Stdout) }

func (c *KeysCmd) run(out io.Writer) error {
	folder, err := c.folder()
	if err != nil {
		return err
	}
	issuer, err := token.NewIssuer(folder)
	if err != nil {
		return err
	}
	signer, err := keyring.OpenSigner(folder)
	if err != nil {
		return err
	}
	if c.Rotate {
		if err := errors.Join(issuer.Rotate(c.Overlap), signer.Rotate(c.Overlap)); err != nil {
			return err
		}
	}
	if c.Out != "" {
		if err := tidy(folder); err != nil {
			return err
		}
	}
	return list(out, time.Now(), issuer.Ring(), signer.Ring())
}

// folder is where the keys are or shall be. Fresh keys beside a suite that has others would help nobody, and fresh keys in the
// place of others would make worthless what those have signed.
func (c *KeysCmd) folder() (string, error) {
	if c.Out == "" {
		folder := filepath.Join(c.Data, "keys")
		if _, err := os.Stat(folder); err != nil {
			return "", fmt.Errorf("there is no suite in %s that has keys: %w", c.Data, err)
		}
		return folder, nil
	}
	held, err := os.ReadDir(c.Out)
	switch {
	case err != nil && !errors.Is(err, fs.ErrNotExist):
		return "", err
	case len(held) > 0 && !c.Rotate:
		return "", fmt.Errorf("%s is not empty; with --rotate its keys are rotated", c.Out)
	case len(held) == 0 && c.Rotate:
		return "", fmt.Errorf("there are no keys in %s to rotate; fresh ones are made without --rotate", c.Out)
	}
	return c.Out, nil
}

// tidy leaves nothing in the folder but what belongs into a secret.
func tidy(folder string) error {
	locks, err := filepath.Glob(filepath.Join(folder, "*.lock"))
	for _, lock := range locks {
		err = errors.Join(err, os.Remove(lock))
	}
	return err
}

// list says which keys there are: their names, never themselves.
func list(out io.Writer, now time.Time, tokens, links keyring.Ring) error {
	table := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	for _, kind := range []struct {
		name string
		ring keyring.Ring
	}{{"tokens", tokens}, {"links", links}} {
		signing := kind.ring.Signing(now)
		for i, key := range kind.ring {
			state := "verifies"
			switch {
			case i == signing:
				state = "signs"
			case i < signing:
				state = "signs from " + key.SignsFrom.UTC().Format(time.RFC3339)
			}
			fmt.Fprintf(table, "%s\t%s\t%s\n", kind.name, key.KeyID, state)
		}
	}
	return table.Flush()
}
