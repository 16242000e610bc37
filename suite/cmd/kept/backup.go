package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"

	"kept.dev/kit/id"
	"kept.dev/kit/sqldb"
	"kept.dev/suite/backup"
	"kept.dev/suite/embedded"
)

// BackupCmd copies all data as of one moment.
type BackupCmd struct {
	Data      string            `help:"The embedded suite's data folder, whether the suite runs or not." default:"data"`
	Databases map[string]string `help:"The distributed suite's databases instead, all of them, service=postgres://user:password@host/name with semicolons." secret:""`
	Out       string            `help:"Folder to make for the backup; - writes it to the standard output, as a tar archive." required:""`
}

// Run asks the suite that runs on the data for a backup, or takes it itself where none runs.
func (c *BackupCmd) Run(ctx context.Context) error {
	if c.Out == "-" {
		return c.stream(ctx, os.Stdout)
	}
	m, err := c.take(ctx, c.Out)
	if err == nil {
		fmt.Printf("%s holds the data as of %s: %d files, %d bytes.\n", c.Out, moment(m), len(m.Files), m.Size())
	}
	return err
}

func (c *BackupCmd) take(ctx context.Context, out string) (m backup.Manifest, err error) {
	dir, out, err := absolute(c.Data, out)
	if err != nil {
		return m, err
	}
	if len(c.Databases) > 0 {
		return backup.Dump(ctx, c.Databases, out)
	}
	if m, err = backup.Ask(ctx, dir, out); errors.Is(err, backup.ErrNobody) {
		return backUpResting(ctx, dir, out)
	}
	return m, err
}

// stream puts the backup beside the data, where there is room for it, until it is written out.
func (c *BackupCmd) stream(ctx context.Context, w io.Writer) error {
	shelf := c.Data
	if len(c.Databases) > 0 {
		shelf = os.TempDir()
	}
	out := filepath.Join(shelf, ".backup-"+id.New())
	defer os.RemoveAll(out)
	m, err := c.take(ctx, out)
	if err == nil {
		err = backup.Pack(out, w)
	}
	if err == nil {
		fmt.Fprintf(os.Stderr, "The archive holds the data as of %s: %d files, %d bytes.\n", moment(m), len(m.Files), m.Size())
	}
	return err
}

func moment(m backup.Manifest) string { return m.Taken.Format("2006-01-02 15:04:05 MST") }

// backUpResting takes a backup of data that no suite runs on, and keeps any from starting meanwhile.
func backUpResting(ctx context.Context, dir, out string) (m backup.Manifest, err error) {
	files, err := filepath.Glob(filepath.Join(dir, "*.db"))
	if err != nil || len(files) == 0 {
		return m, errors.Join(fmt.Errorf("there is no suite's data in %s", dir), err)
	}
	lock, err := embedded.Lock(dir)
	if err != nil {
		return m, err
	}
	defer lock.Close()
	databases := map[string]*sqldb.DB{}
	for _, file := range files {
		db, err := sqldb.Open(ctx, sqldb.Config{URL: "sqlite:" + file})
		if err != nil {
			return m, fmt.Errorf("%s: %w", file, err)
		}
		defer db.Close()
		databases[strings.TrimSuffix(filepath.Base(file), ".db")] = db
	}
	return backup.Write(ctx, dir, databases, out)
}

// RestoreCmd puts a backup back.
type RestoreCmd struct {
	From      string            `help:"Folder of the backup; - reads its archive from the standard input." required:""`
	Data      string            `help:"Data folder to make or to fill, for the embedded suite."`
	Databases map[string]string `help:"Empty databases, for the distributed suite: service=postgres://user:password@host/name with semicolons." secret:""`
}

// Run puts a backup into a data folder, or into empty databases.
func (c *RestoreCmd) Run(ctx context.Context) error {
	if (c.Data == "") == (len(c.Databases) == 0) {
		return errors.New("name either the --data folder to make or the empty --databases")
	}
	if c.From == "-" {
		return c.unpacked(ctx, os.Stdin)
	}
	from, dir, err := absolute(c.From, c.Data)
	if err != nil {
		return err
	}
	if c.Data == "" {
		m, err := backup.RestoreDumps(ctx, from, c.Databases)
		if err == nil {
			fmt.Printf("The databases hold the data as of %s. To go on from there: empty Redis, then start the services.\n", moment(m))
		}
		return err
	}
	m, err := backup.Restore(ctx, from, dir)
	if err == nil {
		fmt.Printf("%s holds the data as of %s. To go on from there: kept serve --data %s\n", c.Data, moment(m), c.Data)
	}
	return err
}

// unpacked runs the command on the folder of an archive, beside the data, where there is room for it.
func (c *RestoreCmd) unpacked(ctx context.Context, r io.Reader) error {
	shelf := os.TempDir()
	if info, err := os.Stat(c.Data); err == nil && info.IsDir() {
		shelf = c.Data
	}
	from, err := os.MkdirTemp(shelf, ".backup-*")
	if err != nil {
		return err
	}
	defer os.RemoveAll(from)
	if err := backup.Unpack(r, from); err != nil {
		return err
	}
	folder := *c
	folder.From = from
	return folder.Run(ctx)
}

// RepublishCmd has events published again.
type RepublishCmd struct {
	Databases map[string]string `help:"The distributed suite's databases, service=postgres://user:password@host/name with semicolons." required:"" secret:""`
}

// Run has every service publish again all that it has said in the last days.
func (c *RepublishCmd) Run(ctx context.Context) error {
	err := backup.Republish(ctx, c.Databases)
	if err == nil {
		fmt.Println("The services publish their events of the last days again. Consumers pass over what they have had.")
	}
	return err
}

// absolute makes the paths good for a process in another folder.
func absolute(a, b string) (absA, absB string, err error) {
	absA, errA := filepath.Abs(a)
	absB, errB := filepath.Abs(b)
	return absA, absB, errors.Join(errA, errB)
}
