package backup

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"time"
)

// What a backup is of.
const (
	embeddedShape    = "embedded"
	distributedShape = "distributed"
)

// Manifest says what a backup holds. It is written last, so a folder without one is no backup.
type Manifest struct {
	// Shape is embedded or distributed.
	Shape string `json:"shape"`
	// Taken is the moment that the databases are as of.
	Taken time.Time `json:"taken"`
	// Version is that of the program that took it.
	Version string `json:"version"`
	Files   []File `json:"files"`
}

// File is one file of a backup, by its path below the folder data.
type File struct {
	Path   string `json:"path"`
	Size   int64  `json:"size"`
	SHA256 string `json:"sha256"`
}

// Size is how many bytes the backup has.
func (m Manifest) Size() (bytes int64) {
	for _, f := range m.Files {
		bytes += f.Size
	}
	return bytes
}

const (
	manifestFile = "backup.json"
	dataFolder   = "data"
)

func (m Manifest) write(dir string) error {
	text, err := json.MarshalIndent(m, "", "  ")
	if err != nil {
		return err
	}
	return writeSynced(filepath.Join(dir, manifestFile), append(text, '\n'))
}

// Read reads the manifest of the backup in the folder, and refuses one whose files are not what it says.
func Read(dir string) (m Manifest, err error) {
	text, err := os.ReadFile(filepath.Join(dir, manifestFile))
	if errors.Is(err, fs.ErrNotExist) {
		return m, fmt.Errorf("%s holds no backup, or one that was cut short: it has no %s", dir, manifestFile)
	}
	if err != nil {
		return m, err
	}
	if err := json.Unmarshal(text, &m); err != nil {
		return m, fmt.Errorf("%s: %w", filepath.Join(dir, manifestFile), err)
	}
	for _, f := range m.Files {
		if err := f.check(filepath.Join(dir, dataFolder)); err != nil {
			return m, err
		}
	}
	return m, nil
}

func (f File) check(dir string) error {
	if !filepath.IsLocal(f.Path) {
		return fmt.Errorf("the backup is damaged: %q is no path in it", f.Path)
	}
	found, err := describe(dir, f.Path)
	if err != nil {
		return fmt.Errorf("the backup is damaged: %w", err)
	}
	if found != f {
		return fmt.Errorf("the backup is damaged: %s is not what was written", f.Path)
	}
	return nil
}

// describe says what is in a file.
func describe(dir, path string) (File, error) {
	file, err := os.Open(filepath.Join(dir, path))
	if err != nil {
		return File{}, err
	}
	defer file.Close()
	sum := sha256.New()
	size, err := io.Copy(sum, file)
	return File{Path: filepath.ToSlash(path), Size: size, SHA256: hex.EncodeToString(sum.Sum(nil))}, err
}
