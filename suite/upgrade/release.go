package upgrade

import (
	"context"
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"kept.dev/kit/schema"
	"kept.dev/kit/sqldb"
)

// plumbing is the folder of the migrations that all services share.
const plumbing = "plumbing"

// Release is the folder of a released version.
type Release string

// Releases are the versions in the folder, such as v0.1.0, the oldest first.
func Releases(dir string) (versions []string, err error) {
	entries, err := os.ReadDir(dir)
	for _, e := range entries {
		versions = append(versions, e.Name())
	}
	slices.SortFunc(versions, func(a, b string) int { return slices.Compare(numbers(a), numbers(b)) })
	return versions, err
}

func numbers(version string) []int {
	out := make([]int, 3)
	_, _ = fmt.Sscanf(version, "v%d.%d.%d", &out[0], &out[1], &out[2])
	return out
}

// Migrations are those of a service, or of the plumbing.
func (r Release) Migrations(service string) fs.FS { return os.DirFS(filepath.Join(string(r), service)) }

// Build makes a service's tables as they were in the release, and fills them with the rows of then.
func (r Release) Build(ctx context.Context, service string, db *sqldb.DB) error {
	if err := db.Migrate(ctx, r.Migrations(plumbing), schema.Version); err != nil {
		return err
	}
	if err := db.Migrate(ctx, r.Migrations(service), "schema_version"); err != nil {
		return err
	}
	text, err := os.ReadFile(r.rows(service))
	if err != nil {
		return err
	}
	var tables []Table
	decoder := json.NewDecoder(strings.NewReader(string(text)))
	decoder.UseNumber()
	if err := decoder.Decode(&tables); err != nil {
		return fmt.Errorf("%s: %w", r.rows(service), err)
	}
	return Fill(ctx, db, tables)
}

func (r Release) rows(service string) string { return filepath.Join(string(r), service, "rows.json") }

// Take writes a service's folder: its migrations and the rows of its tables.
func (r Release) Take(ctx context.Context, service string, migrations fs.FS, db *sqldb.DB) error {
	if err := r.TakeMigrations(service, migrations); err != nil {
		return err
	}
	tables, err := Dump(ctx, db)
	if err != nil {
		return err
	}
	return create(r.rows(service), func(w io.Writer) error {
		encoder := json.NewEncoder(w)
		encoder.SetIndent("", " ")
		return encoder.Encode(tables)
	})
}

// TakeMigrations copies migrations into the release.
func (r Release) TakeMigrations(folder string, migrations fs.FS) error {
	to := filepath.Join(string(r), folder)
	if err := os.MkdirAll(to, 0o755); err != nil {
		return err
	}
	files, err := fs.Glob(migrations, "*.sql")
	if err != nil {
		return err
	}
	for _, name := range files {
		text, err := fs.ReadFile(migrations, name)
		if err != nil {
			return err
		}
		if err := os.WriteFile(filepath.Join(to, name), text, 0o644); err != nil {
			return err
		}
	}
	return nil
}

// Sums are the files of the release with what is in them, as sha256sum -c reads it.
func (r Release) Sums() (string, error) {
	var out strings.Builder
	err := fs.WalkDir(os.DirFS(string(r)), ".", func(path string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() || path == SumsFile {
			return err
		}
		text, err := os.ReadFile(filepath.Join(string(r), path))
		fmt.Fprintf(&out, "%x  %s\n", sha256.Sum256(text), path)
		return err
	})
	return out.String(), err
}

// SumsFile holds what Sums was when the release was taken.
const SumsFile = "SHA256SUMS"

func create(path string, write func(io.Writer) error) error {
	file, err := os.Create(path)
	if err != nil {
		return err
	}
	defer file.Close()
	return write(file)
}
